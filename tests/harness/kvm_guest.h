/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest of KVM, as small as can be: one CPU and one program of a few instructions
 *
 *	physical	what
 *	0		64 KiB of its own (low): program, tables, stack, and what it tells
 *	GUEST_WINDOW	what the test shows it, by kvm_guest_slot()
 *
 * The CPU is in 32-bit protected mode, flat, with linear addresses that are the physical
 * ones. A program gets the address of the window in eax, ebx and edi, and ends with an OUT
 * to a port that it picks. Where there is no KVM, or the machine is not one of x86,
 * kvm_guest_start() says so and nothing else works.
 */
#ifndef BPFMMAP_TESTS_KVM_GUEST_H
#define BPFMMAP_TESTS_KVM_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/kvm.h>

#define GUEST_WINDOW	0x400000U	/* a multiple of 2 MiB, and so are addresses for it */
#define GUEST_CODE	0x1000U
#define GUEST_TABLE	0x4000U		/* its page table, a page */
#define GUEST_WORDS	0x5000U		/* for what a program and a test tell each other */

/* How a guest is made. */
#define GUEST_PAGING	1U	/* with a page table, one to one */
#define GUEST_SVM	3U	/* with a page table, and it may run guests of its own */
#define GUEST_APIC	4U	/* with KVM's own APIC, enabled */
#define GUEST_RING	8U	/* a ring tells which pages are dirty */

struct kvm_guest {
	int kvm, vm, vcpu;
	unsigned int flags;
	struct kvm_run *run;
	size_t run_len;
	uint8_t *low;
};

struct kvm_program {
	const uint8_t *code, *end;
};

/*
 * A program from the text of the assembler: GUEST_PROGRAM(name, "instruction\n" "instruction\n"
 * ..). Where KVM has no such guests, the program is empty.
 */
#ifdef __KVM_HAVE_XSAVE		/* of x86 alone */
#if __SIZEOF_POINTER__ == 8
#define GUEST_BITS_BACK	".code64\n"
#else
#define GUEST_BITS_BACK	".code32\n"
#endif
#define GUEST_PROGRAM(name, text)						\
	extern const uint8_t name##_code[], name##_end[];			\
	asm(".pushsection .rodata\n.code32\n" #name "_code:\n" text		\
	    "\n" #name "_end:\n" GUEST_BITS_BACK ".popsection");		\
	static const struct kvm_program name = { name##_code, name##_end }
#else
#define GUEST_PROGRAM(name, text)						\
	static const struct kvm_program name = { (const uint8_t *)(text), NULL }
#endif

/*
 * Load the modules of KVM with these parameters, again if they are loaded; NULL keeps them as they
 * are. Returns NULL, or the reason of the failure, which is valid until the next call.
 */
const char *kvm_load(const char *kvm, const char *kvm_amd);
/* No guest is wanted any more. A program that ends without this call may crash an emulator. */
void kvm_let_go(void);
/* Loads the modules if need be. Returns NULL, or why there is no guest, until the next call. */
const char *kvm_guest_start(struct kvm_guest *guest, unsigned int flags);
void kvm_guest_stop(struct kvm_guest *guest);

/* Show it that many bytes at an address of this process; with 0 bytes end that. 0, -errno. */
int kvm_guest_slot(struct kvm_guest *guest, int nr, uint32_t physical, size_t bytes, void *at,
		   uint32_t flags);
/* The whole of the window, which is slot 1. */
int kvm_guest_window(struct kvm_guest *guest, size_t bytes, void *at);

void kvm_guest_load(struct kvm_guest *guest, const struct kvm_program *program);
/* Set the program for an exception or interrupt of that number. */
void kvm_guest_handler(struct kvm_guest *guest, unsigned int vector,
		       const struct kvm_program *program);
/* Set the CPU to the start of a program, with an address in its registers. */
void kvm_guest_reset(struct kvm_guest *guest, uint32_t address);
/* Go on with the program: the reason of the exit, or -errno. */
int kvm_guest_run(struct kvm_guest *guest);
/* The same from the start of the program. */
int kvm_guest_run_at(struct kvm_guest *guest, uint32_t address);
/* The port of the last exit for IN or OUT, or -1. */
int kvm_guest_port(const struct kvm_guest *guest);
/* A word that the guest and the test may change at any time. */
volatile uint32_t *kvm_guest_word(struct kvm_guest *guest, unsigned int nr);

/* 0; -EINVAL: KVM refuses that; or -errno. */
int kvm_guest_set_msr(struct kvm_guest *guest, uint32_t msr, uint64_t value);
void kvm_guest_set_table(struct kvm_guest *guest, uint32_t address);

#endif /* BPFMMAP_TESTS_KVM_GUEST_H */
