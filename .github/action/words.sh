# shellcheck shell=bash
# Splits a text into words as a shell does, without expanding or running anything in it: `words` becomes the words.
# Fails, with the reason in `problem`, if a quote has no end. Works in bash 3.2, which macOS has.

# The function's results, read by the script that sources this file.
words=()
export problem=

split_words() {
    local text=$1 length=${#1} at=0 word='' within='' char next
    words=()
    problem=
    while [ "$at" -lt "$length" ]; do
        char=${text:at:1}
        at=$((at + 1))
        case $char in
            ' ' | $'\t' | $'\n')
                if [ -n "$within" ]; then words+=("$word"); fi
                word=''
                within=
                continue
                ;;
            '#')
                if [ -z "$within" ]; then
                    while [ "$at" -lt "$length" ] && [ "${text:at:1}" != $'\n' ]; do at=$((at + 1)); done
                    continue
                fi
                word+=$char
                ;;
            "'")
                next=${text:at}
                case $next in
                    *"'"*) ;;
                    *) problem="a single quote has no end"; return 1 ;;
                esac
                next=${next%%"'"*}
                word+=$next
                at=$((at + ${#next} + 1))
                ;;
            '"')
                split_double || return 1
                ;;
            "\\")
                if [ "$at" -ge "$length" ]; then
                    problem='a backslash at the end quotes nothing'
                    return 1
                fi
                next=${text:at:1}
                at=$((at + 1))
                if [ "$next" = $'\n' ]; then continue; fi
                word+=$next
                ;;
            *) word+=$char ;;
        esac
        within=1
    done
    if [ -n "$within" ]; then words+=("$word"); fi
}

# What is between double quotes: `text`, `at` and `word` are those of `split_words`.
split_double() {
    local char next
    while [ "$at" -lt "$length" ]; do
        char=${text:at:1}
        at=$((at + 1))
        case $char in
            '"') return 0 ;;
            "\\")
                next=${text:at:1}
                at=$((at + 1))
                case $next in
                    $'\n') ;;
                    '$' | '`' | '"' | "\\") word+=$next ;;
                    *) word+="\\$next" ;;
                esac
                ;;
            *) word+=$char ;;
        esac
    done
    problem='a double quote has no end'
    return 1
}
