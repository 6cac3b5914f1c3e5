# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-only
# What the tests of signatures share: modules that are signed, installed and refused.

export PATH=/extra/stage/bin:/usr/bin:/bin
export LC_ALL=C OPENSSL_CONF=/dev/null

bats_require_minimum_version 1.5.0

STAGE=/extra/stage
INSTALLED=/lib/modules/$(uname -r)/updates/bpfmmap.ko

# stage: set up what a machine has and a guest lacks.
stage() {
	mkdir -p "${INSTALLED%/*}" /var/lib/dkms
	printf 'root:x:0:0::/:/bin/sh\n' >/etc/passwd
	echo updates/bpfmmap.ko: >"${INSTALLED%/updates/*}/modules.dep"
	grep -q ' /sys/kernel/security ' /proc/mounts || mount -t securityfs securityfs /sys/kernel/security
	cp /module/bpfmmap.ko "$INSTALLED"
}

# sign KEY: sign the installed module, as sign-file does.
sign() {
	local size

	openssl cms -sign -binary -noattr -nocerts -md sha256 -outform DER \
		-signer "$STAGE/$1.pem" -inkey "$STAGE/$1.key" -in "$INSTALLED" \
		-out "$BATS_TEST_TMPDIR/signature"
	size=$(stat -c %s "$BATS_TEST_TMPDIR/signature")
	{
		cat "$BATS_TEST_TMPDIR/signature"
		printf '\0\0\2\0\0\0\0\0\0\0'
		# shellcheck disable=SC2059 # its size, the higher byte first
		printf "$(printf '\\x%02x\\x%02x' $((size / 256)) $((size % 256)))"
		echo '~Module signature appended~'
	} >>"$INSTALLED"
}

# refused: the kernel refuses the installed module, and says why.
refused() {
	run -129 insmod "$INSTALLED"	# EKEYREJECTED
	# shellcheck disable=SC2154 # run sets it
	[[ $output == *"Key was rejected by service" ]]
	[ ! -d /sys/module/bpfmmap ]
	dmesg | tail -n 5 | grep "$1"
}

# says LINE...: doctor prints these lines about Secure Boot and signatures.
says() {
	local said

	said=$(bpfmmap doctor | grep -E '^(ok|warn|FAIL) +(secureboot|signatures|signed|key) ' || :)
	diff -u <(printf '%s\n' "$@") <(echo "$said")
}
