/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands. Each takes the words after its name, and returns DONE, FAILED or USAGE. */
#ifndef TOOLS_COMMANDS_H
#define TOOLS_COMMANDS_H

#include "args.h"

struct command {
	const char *name;
	int (*run)(struct args *args);
	const char *arguments;
	const char *what;
};

int do_create(struct args *args);
int do_apply(struct args *args);
int do_list(struct args *args);
int do_show(struct args *args);
int do_dump(struct args *args);
int do_lookup(struct args *args);
int do_update(struct args *args);
int do_load(struct args *args);
int do_freeze(struct args *args);
int do_wait(struct args *args);
int do_publish(struct args *args);
int do_withdraw(struct args *args);
int do_holders(struct args *args);
int do_watch(struct args *args);
int do_monitor(struct args *args);
int do_stat(struct args *args);
int do_doctor(struct args *args);
int do_version(struct args *args);

#endif
