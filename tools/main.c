// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpfmmap: regions on the command line, in bpftool's manner
 *
 *	bpfmmap [OPTION...] COMMAND [ARGUMENT...]
 *
 * Here are the options that every command has, the table of commands and the help;
 * a command is a function in the file that is named after it or after its noun.
 */
#include <stdio.h>
#include <string.h>

#include <bpfmmap.h>

#include "array.h"
#include "args.h"
#include "commands.h"
#include "output.h"

static int do_help(struct args *args);

static const struct command {
	const char *name;
	int (*run)(struct args *args);
	const char *arguments;
	const char *what;
} commands[] = {
	{ "create", do_create,
	  "NAME value_size N max_entries N [WORD...]\n"
	  "       bpfmmap create NAME from FILE [value_size N] [WORD...]\n"
	  "WORD: freeze, name NAME, numa_node N, populate, prog, rdonly_prog, wronly_prog,\n"
	  "      mode MODE, owner USER, group GROUP",
	  "make a region of zeros or of what FILE has (-: stdin), and publish it as NAME" },
	{ "list", do_list, "", "all regions; the published ones, if not root" },
	{ "show", do_show, "[REGION]", "what a region is and how it stands" },
	{ "dump", do_dump, "REGION [FORMAT] [from INDEX] [count N]",
	  "its elements; FORMAT: hex, u8 u16 u32 u64, s8 s16 s32 s64, raw, packed" },
	{ "lookup", do_lookup, "REGION INDEX [FORMAT]", "one element; FORMAT: hex, u8 to s64" },
	{ "update", do_update, "REGION INDEX VALUE",
	  "set an element; VALUE: hex BYTE..., u8 to s64 NUMBER..., file PATH" },
	{ "load", do_load, "REGION FILE [packed|raw]", "fill it with a file's bytes (-: stdin)" },
	{ "freeze", do_freeze, "REGION [HOW]\n"
	  "HOW: --when-idle, --wait[=SECONDS], --cancel, --revoke, --processes",
	  "make it read-only, for good" },
	{ "wait", do_wait, "REGION [--timeout=SECONDS]",
	  "until it is frozen, and before that until it is published" },
	{ "publish", do_publish, "REGION NAME [mode MODE] [owner USER] [group GROUP]",
	  "give it a name, as a file in /sys/fs/bpfmmap" },
	{ "withdraw", do_withdraw, "NAME", "take that name away" },
	{ "holders", do_holders, "REGION", "which processes hold or map it" },
	{ "watch", do_watch, "[SECONDS] [count N]", "the list, again and again" },
	{ "stat", do_stat, "", "what all come to, and the limits" },
	{ "doctor", do_doctor, "", "is this machine fine, and what mends it?" },
	{ "version", do_version, "", "of this tool, the library and the module" },
	{ "help", do_help, "[COMMAND]", "this" },
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static void print_help(void)
{
	puts("Usage: bpfmmap [OPTION...] COMMAND [ARGUMENT...]\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-9s %s\n", commands[i].name, commands[i].what);
	puts("\nREGION is an id, the name or the path of a published region; or in full:\n"
	     "  id N, name NAME, path PATH\n"
	     "NAME may be in a directory: DIRECTORY/NAME.\n\n"
	     "  -j, --json     JSON\n"
	     "  -p, --pretty   JSON, indented\n"
	     "  -V, --version  as version\n"
	     "  -h, --help     as help\n\n"
	     "bpfmmap help COMMAND tells a command's arguments; man bpfmmap tells it all.");
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

/* What the options say, wherever they stand. */
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

/* Take word if it is one of the options, or several letters in one; false: it is not. */
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

/* Take all options out of words. Behind -- there are none. */
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

	take_options(&options, args.words);
	output_set(options.json || options.pretty, options.pretty);
	return output_finish(run(&options, &args));
}
