// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpfmmap: regions on the command line, in bpftool's manner
 *
 * Usage: bpfmmap [OPTION...] COMMAND [ARGUMENT...]
 *
 * This file has the options that every command takes, the table of commands, and the help. The
 * function of a command is in the file that has the name of the command or of its noun.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <bpfmmap.h>

#include "array.h"
#include "args.h"
#include "commands.h"
#include "complete.h"
#include "output.h"

static int do_help(struct args *args);

static const struct command commands[] = {
	{ "create", do_create,
	  "NAME value_size N max_entries N [WORD...]\n"
	  "       bpfmmap create NAME from FILE [value_size N] [WORD...]\n"
	  "N of value_size: bytes, also as 4K or 64M\n"
	  "WORD: freeze, name NAME, numa_node N, populate, prog, rdonly_prog, wronly_prog,\n"
	  "      mode MODE, owner USER, group GROUP",
	  "create a region of zeros or with the bytes of FILE (-: stdin), and publish it as NAME" },
	{ "apply", do_apply,
	  "[--dry-run] [DIRECTORY|FILE...]\n"
	  "A line of *.conf in DIRECTORY (/etc/bpfmmap.d) or of FILE is what create takes:\n"
	  "       NAME value_size N max_entries N [WORD...]\n"
	  "       NAME from FILE [value_size N] [WORD...]",
	  "create the regions that files describe and that are missing, as at boot" },
	{ "list", do_list, "", "list all regions; without root, the published ones" },
	{ "show", do_show, "[REGION]", "show the attributes and the state of a region" },
	{ "dump", do_dump, "REGION [FORMAT] [from INDEX] [count N]",
	  "print elements; FORMAT: hex, u8 u16 u32 u64, s8 s16 s32 s64, raw, packed" },
	{ "lookup", do_lookup, "REGION INDEX [FORMAT]",
	  "print one element; FORMAT: hex, u8 to s64" },
	{ "update", do_update, "REGION INDEX VALUE",
	  "set one element; VALUE: hex BYTE..., u8 to s64 NUMBER..., file PATH" },
	{ "load", do_load, "REGION FILE [packed|raw]",
	  "fill a region with the bytes of a file (-: stdin)" },
	{ "freeze", do_freeze, "REGION [HOW]\n"
	  "HOW: --when-idle, --wait[=SECONDS], --cancel, --revoke, --processes",
	  "make a region read-only, for good" },
	{ "wait", do_wait, "REGION [--timeout=SECONDS]",
	  "wait until a region is published and frozen" },
	{ "publish", do_publish, "REGION NAME [mode MODE] [owner USER] [group GROUP]",
	  "give a region a name, as a file in /sys/fs/bpfmmap" },
	{ "withdraw", do_withdraw, "NAME", "remove a name" },
	{ "holders", do_holders, "REGION", "show the processes that have a region open or mapped" },
	{ "watch", do_watch, "[SECONDS] [count N]", "show the list again and again" },
	{ "monitor", do_monitor, "[REGION] [--count=N] [--timeout=SECONDS]",
	  "show what happens to regions: created, published, frozen and so on" },
	{ "stat", do_stat, "", "show totals and limits" },
	{ "doctor", do_doctor, "", "check this machine, and say how to repair it" },
	{ "version", do_version, "", "show the versions of this tool, the library and the module" },
	{ "help", do_help, "[COMMAND]", "show this help, or the arguments of a command" },
	{ NULL, NULL, NULL, NULL },
};

static const struct command *find_command(const char *name)
{
	const struct command *command;

	for (command = commands; command->name; command++)
		if (!strcmp(command->name, name))
			return command;
	return NULL;
}

static void print_help(void)
{
	puts("Usage: bpfmmap [OPTION...] COMMAND [ARGUMENT...]\n");
	for (const struct command *command = commands; command->name; command++)
		printf("  %-9s %s\n", command->name, command->what);
	puts("\nREGION is an id, or the name or the path of a published region. In full:\n"
	     "  id N, name NAME, path PATH\n"
	     "NAME may be in a directory: DIRECTORY/NAME.\n\n"
	     "  -j, --json     JSON\n"
	     "  -p, --pretty   JSON, indented\n"
	     "  -V, --version  same as the command version\n"
	     "  -h, --help     same as the command help\n\n"
	     "bpfmmap help COMMAND shows the arguments of a command; man bpfmmap describes them.");
}

static void print_command_help(const struct command *command)
{
	printf("Usage: bpfmmap %s%s%s\n%s\n", command->name, command->arguments[0] ? " " : "",
	       command->arguments, command->what);
}

static int do_help(struct args *args)
{
	const char *name = args_next(args);
	const struct command *command;
	int status = args_end(args);

	if (status)
		return status;
	if (!name) {
		print_help();
		return DONE;
	}
	command = find_command(name);
	if (!command)
		return usage_error("there is no command '%s'; bpfmmap help lists them", name);
	print_command_help(command);
	return DONE;
}

/* The options that were given, before or after the command. */
struct options {
	bool json, pretty, version, help;
};

static void set_option(struct options *options, char letter)
{
	switch (letter) {
	case 'j':
		options->json = true;
		break;
	case 'p':
		options->pretty = true;
		break;
	case 'V':
		options->version = true;
		break;
	case 'h':
		options->help = true;
		break;
	}
}

/*
 * Take word if it is an option, or several one-letter options in one word. Returns false if
 * not.
 */
static bool take_option(struct options *options, const char *word)
{
	static const char letters[] = "jpVh";
	static const char * const names[] = { "--json", "--pretty", "--version", "--help" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(word, names[i])) {
			set_option(options, letters[i]);
			return true;
		}
	}
	if (word[0] != '-' || !word[1] || word[1 + strspn(word + 1, letters)])
		return false;
	while (*++word)
		set_option(options, *word);
	return true;
}

/* Remove all options from words. The words after -- are not options. */
static void take_options(struct options *options, char **words)
{
	char **to = words;

	for (; *words && strcmp(*words, "--"); words++)
		if (!take_option(options, *words))
			*to++ = *words;
	if (*words)
		words++;
	while (*words)
		*to++ = *words++;
	*to = NULL;
}

static int run(const struct options *options, struct args *args)
{
	const struct command *command;
	const char *name = args_next(args);

	if (options->version)
		return do_version(args);
	if (!name) {
		if (!options->help)
			return usage_error("there is no command; bpfmmap help lists them");
		print_help();
		return DONE;
	}
	if (*name == '-')
		return usage_error("there is no option '%s'; bpfmmap help lists them", name);
	command = find_command(name);
	if (!command)
		return usage_error("there is no command '%s'; bpfmmap help lists them", name);
	if (options->help) {
		print_command_help(command);
		return DONE;
	}
	args->command = command->name;
	return command->run(args);
}

int main(int argc, char **argv)
{
	struct args args = { .words = argv + (argc > 0), .command = "bpfmmap" };
	struct options options = {};

	output_begin();
	/* a limit of RLIMIT_FSIZE is an error of write(2), as a full disk is */
	signal(SIGXFSZ, SIG_IGN);
	/* options are among the words that are completed */
	if (*args.words && !strcmp(*args.words, COMPLETE))
		return output_finish(complete(args.words + 1, commands));
	take_options(&options, args.words);
	output_set(options.json || options.pretty, options.pretty);
	return output_finish(run(&options, &args));
}
