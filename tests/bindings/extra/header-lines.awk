# SPDX-License-Identifier: GPL-2.0-only
# Make a C program of include/uapi/linux/bpfmmap.h that prints each constant, the size of each struct,
# and offset and size of each field. Each binding prints the same lines, and a test compares
# them. What is new in the header is in these lines without a change here.
#
# The sizes of first versions (BPFMMAP_*_SIZE_V1) are left out: only the module uses them.

BEGIN {
	print "#include <stddef.h>"
	print "#include <stdio.h>"
	print "#include <sys/ioctl.h>"
	print "#include <linux/bpfmmap.h>"
	print "#define SHOW(x) printf(_Generic((x), char *: \"%s %s\\n\", default: \"%s %llu\\n\"), #x, \\"
	print "\t_Generic((x), char *: (x), default: (unsigned long long)(x)))"
	print "int main(void)"
	print "{"
}

/^#define BPFMMAP_[A-Z0-9_]+[ \t]+[^ \t]/ && $2 !~ /_SIZE_V[0-9]+$/ {
	printf "\tSHOW(%s);\n", $2
}

/^struct bpfmmap_[a-z_]+ \{$/ {
	name = $2
	printf "\tprintf(\"%s %%zu\\n\", sizeof(struct %s));\n", name, name
	next
}

/^\};/ {
	name = ""
}

name && /;$/ {
	field = $NF
	sub(/[[;].*/, "", field)
	printf "\tprintf(\"%s.%s %%zu %%zu\\n\", offsetof(struct %s, %s), sizeof(((struct %s *)0)->%s));\n", \
		name, field, name, field, name, field
}

END {
	print "\treturn 0;"
	print "}"
}
