// SPDX-License-Identifier: GPL-2.0-only
/* The examples of BPF programs with their readers, as their heads say that they are run. */
#include "programs.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define EXTRA	"/extra/bpf.extra/"

/* What a command says, up to its end. */
static char *said_by(const char *command, char *text, size_t size)
{
	char line[256];
	size_t len;
	FILE *output;

	snprintf(line, sizeof(line), "%s 2>&1", command);
	output = popen(line, "r");
	assert_non_null(output);
	len = fread(text, 1, size - 1, output);
	text[len] = 0;
	printf("# %s:\n", command);
	if (pclose(output)) {
		print_error("%s", text);
		fail();
	}
	return text;
}

/* A program in the background. */
struct example {
	pid_t pid;
	FILE *output;
};

/* Start one, and wait for its first line. */
static struct example start(char *const argv[], const char *line)
{
	struct example example;
	char said[256];
	int ends[2];

	assert_ok(pipe2(ends, O_CLOEXEC));
	example.pid = fork();
	if (!example.pid) {
		dup2(ends[1], STDOUT_FILENO);
		execv(argv[0], argv);
		_exit(127);
	}
	assert_true(example.pid > 0);
	close(ends[1]);
	example.output = fdopen(ends[0], "r");
	assert_non_null(example.output);
	assert_non_null(fgets(said, sizeof(said), example.output));
	assert_non_null(strstr(said, line));
	return example;
}

/* Interrupt it. This is its last line, and it succeeds. */
static void assert_ends_with(struct example *example, const char *line)
{
	char said[256] = "";
	int status;

	assert_ok(kill(example->pid, SIGINT));
	assert_non_null(fgets(said, sizeof(said), example->output));
	assert_non_null(strstr(said, line));
	fclose(example->output);
	assert_int_equal(waitpid(example->pid, &status, 0), example->pid);
	assert_int_equal(status, 0);
}

static void call(int times)
{
	while (times--)
		syscall(SYS_getpgid, 0);
}

static int look_as_nobody(void *arg)
{
	(void)arg;
	become_nobody();
	return system("/usr/bin/python3 " EXTRA "top.py calls | grep -q ' in all'");
}

static void need_examples(void)
{
	if (access(EXTRA "count", F_OK))
		skip_because("no examples for the other order of bytes (Makefile)");
}

static void example_count(void **state)
{
	char *const argv[] = { EXTRA "count", "calls", NULL };
	struct example count;
	uint64_t value = 1, seen;
	int region;

	(void)state;
	need_examples();
	count = start(argv, "counting into");
	call(10000);
	assert_ok(in_child(look_as_nobody, NULL));
	region = open(BPFMMAP_PUBLISH_DIR "/calls", O_RDWR);
	assert_true(region >= 0);
	assert_refused(try_update(region, 0, &value, 0), EPERM);
	assert_int_equal(info(region).frozen_for, BPFMMAP_FROZEN_FOR_PROCESSES);
	assert_ok(try_lookup(region, SYS_getpgid, &seen));
	assert_true(seen >= 10000);
	assert_ends_with(&count, "frozen");
	assert_int_equal(info(region).frozen_for, BPFMMAP_FROZEN_FOR_ALL);
	close(region);
	assert_ok(unlink(BPFMMAP_PUBLISH_DIR "/calls"));
}

static bool arrives(int port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct timeval patience = { .tv_usec = 300000 };
	int to = socket(AF_INET, SOCK_DGRAM, 0), from = socket(AF_INET, SOCK_DGRAM, 0);
	char byte = 0;
	bool came;

	assert_ok(bind(to, (void *)&at, sizeof(at)));
	assert_ok(setsockopt(to, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)));
	assert_int_equal(sendto(from, "x", 1, 0, (void *)&at, sizeof(at)), 1);
	came = recv(to, &byte, 1, 0) == 1;
	close(to);
	close(from);
	return came;
}

static void example_ports(void **state)
{
	char *const argv[] = { EXTRA "ports", "lo", "4242", "65535", NULL };
	struct example ports;

	(void)state;
	need_examples();
	assert_true(arrives(4242));
	ports = start(argv, "dropping");
	assert_false(arrives(4242));
	assert_false(arrives(65535));
	assert_true(arrives(4243));
	assert_ends_with(&ports, "dropped 2 packets");
	assert_true(arrives(4242));
}

static void example_latency(void **state)
{
	char *const argv[] = { EXTRA "latency", "latency", NULL };
	struct example latency;
	char text[8192];

	(void)state;
	need_examples();
	latency = start(argv, "measuring into");
	call(10000);
	said_by("/usr/bin/python3 " EXTRA "plot.py latency", text, sizeof(text));
	assert_non_null(strstr(text, "#####"));
	assert_ends_with(&latency, "frozen");
	said_by("/usr/bin/python3 " EXTRA "plot.py latency", text, sizeof(text));
	assert_non_null(strstr(text, " in all"));
	assert_ok(unlink(BPFMMAP_PUBLISH_DIR "/latency"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(example_count),
		cmocka_unit_test(example_ports),
		cmocka_unit_test(example_latency),
	};

	return run_bpf_group(tests, ARRAY_SIZE(tests));
}
