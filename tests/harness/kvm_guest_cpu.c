// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CPU of a guest: its registers, and the tables that they point to. See kvm_guest.h.
 *
 *	0x1000		the program
 *	0x2000		where the handlers are, for the CPU
 *	0x3ffc		the stack, downwards
 *	0x4000		the page table: 1024 pages of 4 MiB, one to one
 *	0x5000		words
 *	0x6000		what VMRUN saves of the host
 *	0x7000		segments
 *	0x8000		the handlers, 64 bytes each
 */
#include "harness.h"
#include "kvm_guest_cpu.h"

#ifdef __KVM_HAVE_XSAVE	/* of x86 alone */

#define IDT		0x2000U
#define STACK		0x3ffcU
#define HSAVE		0x6000U
#define GDT		0x7000U
#define HANDLERS	0x8000U
#define HANDLER_LEN	64
#define CODE_SEGMENT	8
#define DATA_SEGMENT	16

#define CR0_PE		1U
#define CR0_PG		0x80000000U
#define CR4_PSE		0x10U
#define EFER_SVME	0x1000U
#define PDE_OURS	0x87U		/* present, writable, for all, of 4 MiB */
#define GATE		0x8e00U		/* to a handler that begins without interrupts */
#define RFLAGS_FIXED	2U
#define MSR_VM_HSAVE_PA	0xc0010117U
#define APIC_SPIV	0xf0
#define APIC_ENABLED	0x1ffU
#define CPUID_MOST	256

bool kvm_guest_cpu_known(void)
{
	return true;
}

static int take_all_features(struct kvm_guest *guest)
{
	struct kvm_cpuid2 *all;
	int ret;

	all = calloc(1, sizeof(*all) + CPUID_MOST * sizeof(all->entries[0]));
	if (!all)
		return -ENOMEM;
	all->nent = CPUID_MOST;
	ret = request(guest->kvm, KVM_GET_SUPPORTED_CPUID, all);
	if (!ret)
		ret = request(guest->vcpu, KVM_SET_CPUID2, all);
	free(all);
	return ret;
}

static int enable_apic(struct kvm_guest *guest)
{
	const uint32_t enabled = APIC_ENABLED;
	struct kvm_lapic_state apic;
	int ret;

	ret = request(guest->vcpu, KVM_GET_LAPIC, &apic);
	if (ret)
		return ret;
	memcpy(apic.regs + APIC_SPIV, &enabled, sizeof(enabled));
	return request(guest->vcpu, KVM_SET_LAPIC, &apic);
}

int kvm_guest_cpu_init(struct kvm_guest *guest)
{
	static const uint64_t segments[] = { 0, 0x00cf9b000000ffff, 0x00cf93000000ffff };
	uint32_t *table = (uint32_t *)(guest->low + GUEST_TABLE), i;
	int ret;

	for (i = 0; i < 1024; i++)
		table[i] = i << 22 | PDE_OURS;
	memcpy(guest->low + GDT, segments, sizeof(segments));
	ret = take_all_features(guest);
	if (!ret && guest->flags & GUEST_APIC)
		ret = enable_apic(guest);
	if (!ret)
		kvm_guest_reset(guest, GUEST_WINDOW);
	if (!ret && (guest->flags & GUEST_SVM) == GUEST_SVM)
		ret = kvm_guest_set_msr(guest, MSR_VM_HSAVE_PA, HSAVE);
	return ret;
}

void kvm_guest_handler(struct kvm_guest *guest, unsigned int vector,
		       const struct kvm_program *program)
{
	uint32_t at = HANDLERS + vector * HANDLER_LEN;
	const uint32_t gate[] = { CODE_SEGMENT << 16 | at, GATE };

	memcpy(guest->low + at, program->code, program->end - program->code);
	memcpy(guest->low + IDT + vector * sizeof(gate), gate, sizeof(gate));
}

void kvm_guest_set_table(struct kvm_guest *guest, uint32_t address)
{
	struct kvm_segment segment = {
		.limit = 0xffffffff, .present = 1, .s = 1, .db = 1, .g = 1,
		.type = 3, .selector = DATA_SEGMENT,
	};
	struct kvm_sregs sregs;

	request(guest->vcpu, KVM_GET_SREGS, &sregs);
	sregs.ds = segment;
	sregs.es = segment;
	sregs.fs = segment;
	sregs.gs = segment;
	sregs.ss = segment;
	segment.type = 11;
	segment.selector = CODE_SEGMENT;
	sregs.cs = segment;
	sregs.gdt.base = GDT;
	sregs.gdt.limit = 3 * 8 - 1;
	sregs.idt.base = IDT;
	sregs.idt.limit = 256 * 8 - 1;
	sregs.cr0 |= CR0_PE;
	sregs.efer = 0;
	if (guest->flags & GUEST_PAGING) {
		sregs.cr0 |= CR0_PG;
		sregs.cr3 = address;
		sregs.cr4 |= CR4_PSE;
	}
	if ((guest->flags & GUEST_SVM) == GUEST_SVM)
		sregs.efer = EFER_SVME;
	memset(sregs.interrupt_bitmap, 0, sizeof(sregs.interrupt_bitmap));
	request(guest->vcpu, KVM_SET_SREGS, &sregs);
}

void kvm_guest_reset(struct kvm_guest *guest, uint32_t address)
{
	struct kvm_regs regs = {
		.rip = GUEST_CODE, .rsp = STACK, .rflags = RFLAGS_FIXED,
		.rax = address, .rbx = address, .rdi = address,
	};
	struct kvm_mp_state runs = { .mp_state = KVM_MP_STATE_RUNNABLE };
	/* nothing is pending, as what has shut it down would be (5.10); and no SMM */
	struct kvm_vcpu_events none = { .flags = KVM_VCPUEVENT_VALID_SMM };

	request(guest->vcpu, KVM_SET_VCPU_EVENTS, &none);
	kvm_guest_set_table(guest, GUEST_TABLE);
	request(guest->vcpu, KVM_SET_REGS, &regs);
	request(guest->vcpu, KVM_SET_MP_STATE, &runs);
}

int kvm_guest_set_msr(struct kvm_guest *guest, uint32_t msr, uint64_t value)
{
	struct {
		struct kvm_msrs msrs;
		struct kvm_msr_entry entry;
	} args = { .msrs.nmsrs = 1, .entry = { .index = msr, .data = value } };
	int done = request(guest->vcpu, KVM_SET_MSRS, &args);

	if (done < 0)
		return done;
	return done == 1 ? 0 : -EINVAL;
}

#else /* another architecture: a guest never starts, so none of these is called */

bool kvm_guest_cpu_known(void)
{
	return false;
}

int kvm_guest_cpu_init(struct kvm_guest *guest)
{
	(void)guest;
	return -EOPNOTSUPP;
}

void kvm_guest_handler(struct kvm_guest *guest, unsigned int vector,
		       const struct kvm_program *program)
{
	(void)guest;
	(void)vector;
	(void)program;
}

void kvm_guest_set_table(struct kvm_guest *guest, uint32_t address)
{
	(void)guest;
	(void)address;
}

void kvm_guest_reset(struct kvm_guest *guest, uint32_t address)
{
	(void)guest;
	(void)address;
}

int kvm_guest_set_msr(struct kvm_guest *guest, uint32_t msr, uint64_t value)
{
	(void)guest;
	(void)msr;
	(void)value;
	return -EOPNOTSUPP;
}

#endif
