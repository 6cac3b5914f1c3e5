// SPDX-License-Identifier: GPL-2.0-only
#include "answer.h"

#include <signal.h>
#include <sys/utsname.h>

#define DOCUMENT	"/extra/semantics.extra/semantics.md"
#define MAX_CELLS	8

/* The errors of the kernel that have no name in userspace. */
#define ENOTSUPP_OF_KERNEL	524

int fd = -1;

int setup(void **state)
{
	(void)state;
	fd = kernel_array.create(8, LEN / 8, 0);
	return fd < 0;
}

int teardown(void **state)
{
	(void)state;
	close(fd);
	return 0;
}

/* Split "| a | b |" into its cells, without the spaces around them. Returns how many there are. */
static unsigned int split(char *line, char *cell[MAX_CELLS])
{
	unsigned int nr = 0;
	char *at, *end;

	if (line[0] != '|')
		return 0;
	for (at = line + 1; nr < MAX_CELLS && (end = strchr(at, '|')); at = end + 1) {
		*end = 0;
		while (*at == ' ')
			at++;
		cell[nr++] = at;
		for (char *last = end - 1; last >= at && *last == ' '; last--)
			*last = 0;
	}
	return nr;
}

/* Does the release 6.1.0-56-cloud-amd64 belong to the series 6.1? */
static bool belongs_to(const char *release, const char *series)
{
	size_t len = strlen(series);

	return len && !strncmp(release, series, len) && !strchr("0123456789", release[len]);
}

/*
 * What the document says for this kernel: false if it does not say anything. The header of a table
 * begins with the cell "question" and has the series.
 */
static bool documented(const char *question, char *buffer, size_t size)
{
	FILE *file = fopen(DOCUMENT, "r");
	unsigned int column = 0, nr, i;
	char line[1024], *cell[MAX_CELLS];
	struct utsname name;
	bool found = false;

	if (!file)
		fail_msg("%s can't be read", DOCUMENT);
	uname(&name);
	while (!found && fgets(line, sizeof(line), file)) {
		nr = split(line, cell);
		if (nr && !strcmp(cell[0], "question")) {
			column = 0;
			for (i = 1; i < nr; i++)
				if (belongs_to(name.release, cell[i]))
					column = i;
		} else if (nr && column && column < nr && !strcmp(cell[0], question)) {
			snprintf(buffer, size, "%s", cell[column]);
			found = true;
		}
	}
	fclose(file);
	return found;
}

void answer(const char *question, const char *word)
{
	char expected[256];

	printf("@@ show | %s | %s |\n", question, word);
	fflush(stdout);
	if (documented(question, expected, sizeof(expected)) && strcmp(word, expected))
		fail_msg("%s: %s, but docs/semantics.md says: %s", question, word, expected);
}

void always(const char *question, const char *word, const char *expected)
{
	answer(question, word);
	assert_string_equal(word, expected);
}

const char *word(long ret)
{
	const char *name;

	if (ret >= 0)
		return "works";
	if (ret == -ENOTSUPP_OF_KERNEL)
		return "ENOTSUPP (524)";
	name = strerrorname_np(-ret);
	return name ? name : "an unknown error";
}

const char *in_turn(const char *first, const char *second)
{
	static char both[128];

	snprintf(both, sizeof(both), "%s, then %s", first, second);
	return both;
}

int try_map_create(enum bpf_map_type type, uint32_t value_size, uint32_t max_entries,
		   uint32_t flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags);

	return bpf_map_create(type, "semantics", 4, value_size, max_entries, &opts);
}

int array_with(uint32_t value_size, uint32_t max_entries, uint32_t flags)
{
	int fd = kernel_array.create(value_size, max_entries, flags);

	if (fd < 0)
		fail_msg("an array can't be created: %s", word(fd));
	return fd;
}

int array(uint32_t max_entries)
{
	return array_with(8, max_entries, 0);
}

int try_open(int fd, uint32_t flags)
{
	struct array_info info;

	assert_ok(kernel_array.info(fd, &info));
	return kernel_array.open_id(info.id, flags);
}

int try_store(int fd, uint64_t value)
{
	return kernel_array.update(fd, 0, &value, BPF_ANY);
}

uint64_t first(int fd)
{
	uint64_t value = 0;

	assert_ok(kernel_array.lookup(fd, 0, &value, 0));
	return value;
}

uint8_t *writable(int fd)
{
	return map(fd, LEN, PROT_READ | PROT_WRITE, 0);
}

uint8_t *readable(int fd)
{
	return map(fd, LEN, PROT_READ, 0);
}

const char *mmap_word(int fd, size_t len, int prot, int flags, off_t offset)
{
	return word(try_map(fd, len, prot, flags, offset));
}

static const char *signal_word(int signal)
{
	static char name[16];

	if (!signal)
		return "works";
	snprintf(name, sizeof(name), "SIG%s", sigabbrev_np(signal));
	return name;
}

const char *read_word(const volatile void *at)
{
	return signal_word(try_read_byte(at));
}

const char *write_word(volatile void *at)
{
	return signal_word(try_write_byte(at));
}
