/* SPDX-License-Identifier: GPL-2.0-only */
/* What a program prints, for programs that documents show together with their output. */
#ifndef BPFMMAP_TESTS_PRINTED_H
#define BPFMMAP_TESTS_PRINTED_H

/* Run a shell command. It must succeed, and print what is in the file. */
void assert_prints(const char *command, const char *file);

#endif /* BPFMMAP_TESTS_PRINTED_H */
