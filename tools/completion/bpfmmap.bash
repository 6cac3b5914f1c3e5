# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Completion of bpfmmap for bash. It gets the regions from bpfmmap list.

# _bpfmmap_values KEY: the value of KEY of each region, one on a line. There are none if the file
# system is not mounted: bpfmmap list would mount it, and a press of a key must not do that.
_bpfmmap_values() {
	command grep -q ' /sys/fs/bpfmmap bpfmmap ' /proc/mounts || return 0
	command bpfmmap -p list 2>/dev/null | command sed -nE 's/^ *"'"$1"'": *"?([^",]*)"?,?$/\1/p'
}

_bpfmmap() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local types='u8 u16 u32 u64 s8 s16 s32 s64' options='-j --json -p --pretty -h --help'
	local commands='create list show dump lookup update load freeze wait publish withdraw holders
		watch stat doctor version help'
	local command='' region='' words='' word i place=0

	COMPREPLY=()
	# the words before the cursor, without options: the command, the region (one or two words), others
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		-j | --json | -p | --pretty) continue ;;
		esac
		if [[ ! $command ]]; then
			command=$word
		elif [[ ! $region && $word != @(id|name|path) ]]; then
			region=$word
		elif [[ $region ]]; then
			place=$((place + 1))
		fi
	done

	if [[ ! $command ]]; then
		[[ $cur == -* ]] && commands="$options -V --version"
		mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
		return
	fi
	case $prev in
	owner) mapfile -t COMPREPLY < <(compgen -u -- "$cur") && return ;;
	group) mapfile -t COMPREPLY < <(compgen -g -- "$cur") && return ;;
	mode) mapfile -t COMPREPLY < <(compgen -W '0600 0640 0644 0660 0666' -- "$cur") && return ;;
	file | from)
		# with dump, an index follows from
		[[ $command == dump ]] && return
		mapfile -t COMPREPLY < <(compgen -f -- "$cur") && return
		;;
	value_size | max_entries | numa_node | count) return ;;
	esac

	case $command in
	help) [[ $region ]] || words=$commands ;;
	create) [[ ! $region ]] || words='value_size max_entries from freeze name numa_node populate prog rdonly_prog wronly_prog mode owner group' ;;
	withdraw) [[ $region ]] || words=$(_bpfmmap_values published) ;;
	watch) words=count ;;
	show | dump | lookup | update | load | freeze | wait | publish | holders)
		if [[ ! $region ]]; then
			case $prev in
			id) words=$(_bpfmmap_values id) ;;
			name) words="$(_bpfmmap_values published) $(_bpfmmap_values name)" ;;
			path) words=$(_bpfmmap_values path) ;;
			*) words="$(_bpfmmap_values id) $(_bpfmmap_values published) id name path" ;;
			esac
			[[ $cur == /* ]] && words=$(_bpfmmap_values path)
		else
			case $command-$place in
			dump-*) words="hex $types raw packed from count" ;;
			lookup-1) words="hex $types" ;;
			update-1) words="hex $types file" ;;
			load-0) mapfile -t COMPREPLY < <(compgen -f -- "$cur") && return ;;
			load-1) words='packed raw' ;;
			freeze-0) words='--when-idle --wait --wait= --cancel --revoke --processes' ;;
			wait-0) words='--timeout=' ;;
			publish-[1-9]*) words='mode owner group' ;;
			esac
		fi
		;;
	esac
	[[ $cur == -* ]] && words+=" $options"
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	[[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
}

complete -F _bpfmmap bpfmmap
