set edit:completion:arg-completer[swa-apim] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) SWA_APIM_COMPLETE="elvish" swa-apim -- $@words) | to-lines
}
