# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Completion of bpfmmap for bash. The command itself says what it takes: a word a line, with a
# description behind a tab. Its exit status is 3 if it takes the path of a file.

_bpfmmap() {
	local cur=${COMP_WORDS[COMP_CWORD]} offered word

	COMPREPLY=()
	offered=$(command bpfmmap __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
	if [[ $? == 3 ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
	fi
	[[ $offered ]] || return 0
	while IFS= read -r word; do
		printf -v word %q "${word%%$'\t'*}"
		COMPREPLY+=("$word")
	done <<<"$offered"
	[[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
}

complete -F _bpfmmap bpfmmap
