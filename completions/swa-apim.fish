complete --keep-order --exclusive --command swa-apim --arguments "(SWA_APIM_COMPLETE=fish swa-apim -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
