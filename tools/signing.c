// SPDX-License-Identifier: GPL-2.0-only
/*
 * doctor: checks of signatures: whether modules must be signed on this machine, and whether
 * the machine trusts the key of this module.
 *
 * Secure Boot locks the kernel down. Under lockdown, or with module.sig_enforce=1, the kernel
 * refuses a module that is not signed with a trusted key. The owner of the machine can add
 * keys to the MOK list, which shim keeps and gives to the kernel; the firmware's own list is
 * db. Both lists are EFI variables that contain the certificates, byte for byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "resources.h"
#include "signing.h"

#define EFIVARS		"/sys/firmware/efi/efivars"
#define OF_EFI(name)	EFIVARS "/" name "-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define OF_SHIM(name)	EFIVARS "/" name "-605dab50-e046-4300-abb6-3dd810dd8b23"
#define DB		EFIVARS "/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f"

#define DEFAULT_KEY	"/var/lib/dkms/mok.pub"

/* The certificates of the keys with which DKMS (in Debian and Ubuntu) and akmods sign. */
static const char * const certificates[] = {
	DEFAULT_KEY, "/var/lib/shim-signed/mok/MOK.der", "/etc/pki/akmods/certs/public_key.der",
};

struct bytes {
	unsigned char *at;	/* NULL if it can't be read */
	size_t size;
};

static struct bytes bytes_of(const struct machine *machine, const char *name)
{
	struct bytes bytes = { .at = more_memory(NULL, 1 << 16, 1) };
	char path[PATH_MAX];
	FILE *file = open_file(machine_path(machine, path, "%s", name));

	if (file)
		bytes.size = fread(bytes.at, 1, 1 << 16, file);
	if (file)
		fclose(file);
	if (!bytes.size) {
		free(bytes.at);
		bytes.at = NULL;
	}
	return bytes;
}

/* An EFI variable of one byte, after four bytes of attributes. An absent variable counts as 0. */
static bool is_set(const struct machine *machine, const char *name)
{
	struct bytes variable = bytes_of(machine, name);
	bool set = variable.size == 5 && variable.at[4] == 1;

	free(variable.at);
	return set;
}

/* Whether a file contains these bytes. A file that exists but can't be read may contain them. */
enum holds { NO, PERHAPS, YES };

static enum holds holds(const struct machine *machine, const char *name, struct bytes bytes)
{
	struct bytes file;
	enum holds answer;

	if (!machine_has(machine, name))
		return NO;
	file = bytes_of(machine, name);
	if (!file.at)
		return PERHAPS;
	answer = memmem(file.at, file.size, bytes.at, bytes.size) ? YES : NO;
	free(file.at);
	return answer;
}

/* The serial number of a certificate (X.509, DER), by which a signature refers to it. */
static struct bytes serial_of(struct bytes certificate)
{
	const unsigned char *at = certificate.at, *end = at + certificate.size;

	/* skip the headers of the certificate and of its first part, and the version */
	for (int i = 0; i < 2; i++) {
		if (end - at < 6 || at[0] != 0x30)
			return (struct bytes){};
		at += 2 + (at[1] & 0x80 ? at[1] & 0x7f : 0);
	}
	if (end - at > 5 && at[0] == 0xa0)
		at += 5;
	if (end - at < 2 || at[0] != 0x02 || end - at < 2 + at[1])
		return (struct bytes){};
	return (struct bytes){ .at = (unsigned char *)at, .size = 2 + at[1] };
}

/*
 * Read the certificate that the module's signature names. Returns NULL if it is not on this
 * machine.
 */
static const char *signer(const struct machine *machine, const unsigned char *signature,
			  size_t size, struct bytes *certificate)
{
	struct bytes serial;

	for (size_t i = 0; i < ARRAY_SIZE(certificates); i++) {
		*certificate = bytes_of(machine, certificates[i]);
		if (certificate->at) {
			serial = serial_of(*certificate);
			if (serial.at && memmem(signature, size, serial.at, serial.size))
				return certificates[i];
		}
		free(certificate->at);
	}
	return NULL;
}

/* The word in brackets, in a file like "none [integrity] confidentiality". */
static bool chosen(const struct machine *machine, const char *name, char *word, size_t size)
{
	char line[128], *begin;

	if (!machine_line(machine, name, line, sizeof(line)))
		return false;
	begin = strchr(line, '[');
	if (!begin)
		return false;
	begin[strcspn(begin, "]")] = 0;
	snprintf(word, size, "%s", begin + 1);
	return true;
}

enum secure_boot { NO_UEFI, UNSEEN, SETUP, OFF, UNVALIDATED, ON };

/* Secure Boot as the kernel sees it. UNVALIDATED makes it as good as off. */
static enum secure_boot secure_boot_of(const struct machine *machine)
{
	if (!machine_has(machine, "/sys/firmware/efi"))
		return NO_UEFI;
	if (!machine_has(machine, OF_EFI("BootOrder")) &&
	    !machine_has(machine, OF_EFI("SecureBoot")))
		return UNSEEN;
	if (is_set(machine, OF_EFI("SetupMode")))
		return SETUP;
	if (!is_set(machine, OF_EFI("SecureBoot")))
		return OFF;
	return is_set(machine, OF_SHIM("MokSBStateRT")) ? UNVALIDATED : ON;
}

static enum secure_boot check_secure_boot(struct machine *machine)
{
	static const char * const said[] = {
		[NO_UEFI] = "off, as there is no UEFI", [UNSEEN] = "can't be seen",
		[SETUP] = "off, the firmware is in setup mode", [OFF] = "off",
		[UNVALIDATED] = "on, but shim was told not to validate", [ON] = "on",
	};
	enum secure_boot state = secure_boot_of(machine);

	machine_found(machine, "secureboot", state == UNSEEN ? WARN : OK,
		      state == UNSEEN ? "mount -t efivarfs none " EFIVARS : "", "%s", said[state]);
	return state;
}

/* Whether the MOK list or db holds the certificate; of the two answers the stronger one. */
static enum holds enrolled(const struct machine *machine, struct bytes certificate)
{
	enum holds by_owner = holds(machine, OF_SHIM("MokListRT"), certificate);
	enum holds by_firmware = holds(machine, DB, certificate);

	return by_owner > by_firmware ? by_owner : by_firmware;
}

/* The module is signed. Find the key, and whether this machine trusts it. */
static void check_key(struct machine *machine, enum secure_boot state,
		      const unsigned char *signature, size_t size)
{
	struct bytes certificate;
	const char *name = signer(machine, signature, size, &certificate);
	char mend[512];

	if (!name) {
		machine_found(machine, "key", WARN, "modprobe bpfmmap",
			      "the module is signed with a key that is not known here; "
			      "try to load it");
		return;
	}
	snprintf(mend, sizeof(mend), "mokutil --import %s, reboot, and choose Enroll MOK", name);
	switch (enrolled(machine, certificate)) {
	case YES:
		machine_found(machine, "key", OK, "", "%s signed the module, and is enrolled",
			      name);
		break;
	case PERHAPS:
		machine_found(machine, "key", WARN, "look as root",
			      "can't see whether %s is enrolled", name);
		break;
	case NO:
		if (state == NO_UEFI)
			machine_found(machine, "key", WARN, "boot without module.sig_enforce=1",
				      "%s can't be enrolled without UEFI", name);
		else if (holds(machine, OF_SHIM("MokNew"), certificate))
			machine_found(machine, "key", FAIL, "reboot, and choose Enroll MOK",
				      "%s waits to be enrolled", name);
		else
			machine_found(machine, "key", FAIL, mend,
				      "%s signed the module, and is not enrolled", name);
		break;
	}
	free(certificate.at);
}

void check_signatures(struct machine *machine)
{
	static const char mend[] = "mokutil --import " DEFAULT_KEY
				   ", reboot, and choose Enroll MOK";
	char lockdown[64] = "none", enforce[8] = "N", taint[32], why[128];
	enum secure_boot state = check_secure_boot(machine);
	const unsigned char *signature;
	size_t size;

	chosen(machine, "/sys/kernel/security/lockdown", lockdown, sizeof(lockdown));
	machine_line(machine, "/sys/module/module/parameters/sig_enforce", enforce,
		     sizeof(enforce));
	if (*enforce != 'Y' && !strcmp(lockdown, "none")) {
		machine_found(machine, "signatures", OK, "", "modules need none");
		/* E: the loaded module had no signature, or an unknown one */
		if (machine->loaded && state == ON &&
		    machine_line(machine, "/sys/module/" PACKAGE "/taint", taint, sizeof(taint)) &&
		    strchr(taint, 'E'))
			machine_found(machine, "signed", WARN, mend,
				      "the loaded module is not signed, and Secure Boot is on");
		return;
	}
	snprintf(why, sizeof(why), "(lockdown %s, sig_enforce %s)", lockdown, enforce);
	signature = module_file_signature(&machine->module, &size);
	if (machine->loaded) {
		machine_found(machine, "signatures", OK, "",
			      "modules need one, and this one has it %s", why);
	} else if (!machine->module.bytes) {
		machine_found(machine, "signatures", WARN, mend,
			      "modules need one that this machine trusts %s", why);
	} else if (!signature) {
		machine_found(machine, "signatures", FAIL, machine->again,
			      "modules need one, and this one has none %s", why);
	} else {
		machine_found(machine, "signatures", OK, "",
			      "modules need one, and this one has one %s", why);
		check_key(machine, state, signature, size);
	}
}
