// SPDX-License-Identifier: GPL-2.0-only
/* See attack.h. */
#include "attack.h"
#include "fixture.h"

#define DEADLINE	20	/* seconds for one attack, times DEADLINE_FACTOR */
#define FEW		2048U	/* elements: of more, one by one takes too long */

size_t attack_pages(void)
{
	const char *text = getenv("REGION_PAGES");

	return text ? strtoul(text, NULL, 10) : 4;
}

bool passes(struct target *t, const char *step, long ret)
{
	if (ret < 0 && t->outcome == NO_EFFECT) {
		t->outcome = REFUSED;
		snprintf(t->why, sizeof(t->why), "%s at %s", strerrorname_np(-ret), step);
	}
	return ret >= 0;
}

void missing(struct target *t, const char *why)
{
	t->outcome = MISSING;
	snprintf(t->why, sizeof(t->why), "%s", why);
}

void *memory(size_t len)
{
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		_exit(99);
	memset(at, THEIRS, len);
	return at;
}

static bool read_all(struct target *t, void *to)
{
	const uint32_t all = NR, first = all < FEW ? all : FEW;
	uint32_t count = first;
	void *at;

	if (t->array->lookup_batch(t->fd, 0, &count, to) || count != first)
		return false;
	if (count == all)
		return true;
	at = mmap(NULL, LEN, PROT_READ, MAP_SHARED, t->fd, 0);
	if (at == MAP_FAILED || memcmp(at, to, count * 8))
		return false;
	memcpy(to, at, LEN);
	munmap(at, LEN);
	return true;
}

static bool fill(struct target *t)
{
	uint8_t *ours = memory(LEN), *at;
	uint32_t count = NR;
	bool filled = false;

	memset(ours, OURS, LEN);
	if (count <= FEW) {
		filled = !t->array->update_batch(t->fd, 0, &count, ours);
	} else {
		at = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, t->fd, 0);
		if (at != MAP_FAILED) {
			memcpy(at, ours, LEN);
			munmap(at, LEN);
			filled = true;
		}
	}
	munmap(ours, LEN);
	return filled;
}

bool freeze(struct target *t)
{
	if (!t->control && !passes(t, "freeze", t->array->freeze(t->fd)))
		return false;
	if (!read_all(t, t->before))
		_exit(98);
	t->frozen = true;
	return true;
}

void *map_of(struct target *t, int prot)
{
	void *at;

	if (t->control)
		prot |= PROT_WRITE;
	at = mmap(NULL, LEN, prot, MAP_SHARED, t->fd, 0);
	if (!passes(t, "mmap", at == MAP_FAILED ? -errno : 0))
		return NULL;
	return at;
}

void *writable(struct target *t)
{
	return map_of(t, PROT_READ | PROT_WRITE);
}

void *readonly(struct target *t)
{
	return map_of(t, PROT_READ);
}

void *frozen_view(struct target *t)
{
	return freeze(t) ? readonly(t) : NULL;
}

/* A shared mapping of a frozen array that could be stored to, in this process. */
static bool has_writable_view(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[256], perms[5];
	bool found = false;

	while (maps && fgets(line, sizeof(line), maps))
		if ((strstr(line, "anon_inode:bpf") || strstr(line, "bpfmmap")) &&
		    sscanf(line, "%*s %4s", perms) == 1)
			found |= perms[1] == 'w' && perms[3] == 's';
	if (maps)
		fclose(maps);
	return found;
}

/* cmocka would go on with its tests in the process that attacks. */
static void forget_handlers(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		signal(signals[i], SIG_DFL);
}

/* Does a new mapping show what was frozen? 0, 1 if not, or 128 and the signal of looking. */
static int look_at_mapping(void *arg)
{
	struct target *t = arg;
	uint8_t *at = mmap(NULL, LEN, PROT_READ, MAP_SHARED, t->fd, 0);

	forget_handlers();
	return at == MAP_FAILED || memcmp(at, t->before, LEN);
}

static void judge(struct target *t)
{
	int seen = in_child(look_at_mapping, t);
	uint8_t *now;

	if (seen >= 128) {
		/* a region that can't be read any more is not what it was */
		t->outcome = t->array == &region_array ? CHANGED : KILLED;
		snprintf(t->why, sizeof(t->why), "SIG%s at the next read",
			 sigabbrev_np(seen - 128));
		return;
	}
	now = memory(LEN);
	if (!read_all(t, now) || memcmp(now, t->before, LEN) || seen == 1)
		t->outcome = CHANGED;
	munmap(now, LEN);
}

static void run(const struct route *route, struct target *t)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		alarm(DEADLINE * number_in_environment("DEADLINE_FACTOR", 1));
		forget_handlers();
		route->run(t);
		if (t->frozen && !t->control && has_writable_view())
			t->outcome = CHANGED;
		_exit(0);
	}
	setpgid(pid, pid);
	waitpid(pid, &status, 0);
	/* and those that it started */
	kill(-pid, SIGKILL);
	if (WIFSIGNALED(status)) {
		t->outcome = WTERMSIG(status) == SIGALRM ? HUNG : KILLED;
		snprintf(t->why, sizeof(t->why), "SIG%s", sigabbrev_np(WTERMSIG(status)));
	} else if (WEXITSTATUS(status)) {
		t->outcome = HUNG;
		snprintf(t->why, sizeof(t->why), "the attack gave up with %d",
			 WEXITSTATUS(status));
	}
}

/* With the attacker gone nothing may be left that keeps a region from freezing. */
static void freeze_in_the_end(struct target *t)
{
	int tries;

	for (tries = 0; tries < 200 && t->array->freeze(t->fd) == -EBUSY; tries++)
		usleep(10000);
	if (tries == 200) {
		t->outcome = HUNG;
		snprintf(t->why, sizeof(t->why), "freeze stays EBUSY");
	}
}

static int create_array(const struct route *route, const struct array *array)
{
	struct bpfmmap_create args = create_args(8, NR);

	if (!route->programs || array != &region_array)
		return array->create(8, NR, 0);
	args.flags = BPFMMAP_F_PROG;
	return try_create_args(&args);
}

static void attack_once(const struct route *route, struct target *t)
{
	t->fd = create_array(route, t->array);
	if (t->fd < 0) {
		missing(t, "no such array on this kernel");
		return;
	}
	if (fill(t)) {
		run(route, t);
		if (t->frozen)
			judge(t);
		else if (!t->control)
			freeze_in_the_end(t);
	} else {
		t->outcome = HUNG;
	}
	close(t->fd);
}

const struct target *attack(const struct route *route, const struct array *array, bool control)
{
	static struct target worst;
	static struct target *t;
	static int serial;
	int round;

	if (!t) {
		t = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		t->before = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				 -1, 0);
	}
	for (round = 0; round < (control ? 1 : route->rounds ?: 1); round++) {
		*t = (struct target){
			.array = array, .serial = serial++, .before = t->before,
			.control = control,
		};
		attack_once(route, t);
		if (!round || t->outcome > worst.outcome)
			worst = *t;
	}
	return &worst;
}
