// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a shell may complete a word to.
 *
 * The completions for bash, zsh and fish ask this, so all of them offer the same, and none has to
 * read what the other commands print. A press of a key must change nothing: the file system is
 * not mounted for it.
 */
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "array.h"
#include "complete.h"
#include "module.h"
#include "output.h"
#include "state.h"

#define FORMATS	"hex u8 u16 u32 u64 s8 s16 s32 s64"

/* The words before the one that is completed, in their parts. */
struct line {
	const char *word;	/* what is completed */
	const char *before;	/* the word before it, or "" */
	const char *command;	/* NULL: it is what is completed */
	const char *region;	/* the first word of a command, or NULL */
	size_t place;		/* the number of words behind that */
};

#define OF_CREATE	"value_size max_entries from freeze name numa_node populate " OF_PROGRAMS
#define OF_PROGRAMS	"prog rdonly_prog wronly_prog mode owner group"

/* What the words of a command are. */
static const struct grammar {
	const char *command;
	enum { NOTHING, REGION, NAME, COMMAND, FILES } first;
	size_t from, to;	/* the places of the words */
	const char *words;	/* "files": paths of files */
} grammar[] = {
	{ "apply", FILES, 0, -1, "files" },
	{ "create", NOTHING, 0, -1, OF_CREATE },
	{ "show", REGION, 0, 0, "" },
	{ "dump", REGION, 0, -1, FORMATS " raw packed from count" },
	{ "lookup", REGION, 1, 1, FORMATS },
	{ "update", REGION, 1, 1, FORMATS " file" },
	{ "load", REGION, 0, 0, "files" },
	{ "load", REGION, 1, 1, "packed raw" },
	{ "freeze", REGION, 0, 0, "--when-idle --wait --wait= --cancel --revoke --processes" },
	{ "wait", REGION, 0, 0, "--timeout=" },
	{ "publish", REGION, 1, -1, "mode owner group" },
	{ "withdraw", NAME, 0, 0, "" },
	{ "holders", REGION, 0, 0, "" },
	{ "watch", NOTHING, 0, 0, "count" },
	{ "monitor", REGION, 0, 0, "" },
	{ "help", COMMAND, 0, 0, "" },
};

static const char options[] = "-j --json -p --pretty -h --help";

/* Print a word if it completes what is there. */
static void offer(const struct line *line, const char *word, const char *what)
{
	/* these would be two words, or two lines */
	for (const char *at = word; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return;
	if (strncmp(word, line->word, strlen(line->word)))
		return;
	printf("%s%s%s\n", word, what ? "\t" : "", what ?: "");
}

/* Offer words with a blank between two. */
static void offer_all(const struct line *line, const char *words)
{
	char word[32];
	size_t length;

	for (; *words; words += length + !!words[length]) {
		length = strcspn(words, " ");
		snprintf(word, sizeof(word), "%.*s", (int)length, words);
		offer(line, word, NULL);
	}
}

static void offer_commands(const struct line *line, const struct command *commands)
{
	for (; commands->name; commands++)
		offer(line, commands->name, commands->what);
}

static void offer_users(const struct line *line)
{
	const struct passwd *entry;

	while ((entry = getpwent()))
		offer(line, entry->pw_name, NULL);
	endpwent();
}

static void offer_groups(const struct line *line)
{
	const struct group *entry;

	while ((entry = getgrent()))
		offer(line, entry->gr_name, NULL);
	endgrent();
}

static void offer_id(const struct line *line, const struct state *state)
{
	char id[16];

	snprintf(id, sizeof(id), "%u", state->info.id);
	offer(line, id, state->names_count ? state->names[0] :
			state->info.name[0] ? state->info.name : NULL);
}

/* Offer all names of a region, or its paths. */
static void offer_names(const struct line *line, const struct state *state, const char *before)
{
	char path[sizeof(BPFMMAP_PUBLISH_DIR) + 2 * BPFMMAP_PUBLISH_LEN];
	char what[64], bytes[32];

	snprintf(what, sizeof(what), "%s, %s",
		 human_bytes(state->info.bytes, bytes, sizeof(bytes)), state_word(state));
	for (size_t i = 0; i < state->names_count; i++) {
		snprintf(path, sizeof(path), "%s%s", before, state->names[i]);
		offer(line, path, what);
	}
}

static void offer_regions(const struct line *line, bool only_names)
{
	const bool paths = line->word[0] == '/' || !strcmp(line->before, "path");
	const bool ids = !only_names && !paths && strcmp(line->before, "name");
	const bool names = strcmp(line->before, "id");
	struct states states;

	if (ids && names)
		offer_all(line, "id name path");
	if (!module_is_mounted() || states_get(&states))
		return;
	for (size_t i = 0; i < states.count; i++) {
		const struct state *state = &states.entries[i];

		if (ids)
			offer_id(line, state);
		if (names)
			offer_names(line, state, paths ? BPFMMAP_PUBLISH_DIR "/" : "");
		if (!strcmp(line->before, "name") && state->info.name[0])
			offer(line, state->info.name, "the name that it was created with");
	}
	states_free(&states);
}

/*
 * Offer what follows the word before, whatever the command is. Returns false if that depends on
 * the command.
 */
static bool after_word(const struct line *line, int *status)
{
	static const char * const numbers[] = {
		"value_size", "max_entries", "numa_node", "count",
	};

	if (!line->region)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (!strcmp(line->before, numbers[i]))
			return true;
	if (!strcmp(line->before, "owner"))
		offer_users(line);
	else if (!strcmp(line->before, "group"))
		offer_groups(line);
	else if (!strcmp(line->before, "mode"))
		offer_all(line, "0600 0640 0644 0660 0666");
	else if (!strcmp(line->before, "file") && !strcmp(line->command, "update"))
		*status = COMPLETE_FILES;
	else if (!strcmp(line->before, "from") && !strcmp(line->command, "create"))
		*status = COMPLETE_FILES;
	else
		/* with dump an index follows from */
		return !strcmp(line->before, "from");
	return true;
}

static int offer_arguments(const struct line *line, const struct command *commands)
{
	int status = DONE;

	if (after_word(line, &status))
		return status;
	for (size_t i = 0; i < ARRAY_SIZE(grammar); i++) {
		const struct grammar *part = &grammar[i];

		if (strcmp(part->command, line->command))
			continue;
		if (line->region) {
			if (line->place < part->from || line->place > part->to)
				continue;
			if (!strcmp(part->words, "files"))
				return COMPLETE_FILES;
			offer_all(line, part->words);
			continue;
		}
		if (part->first == FILES)
			return COMPLETE_FILES;
		if (part->first == COMMAND)
			offer_commands(line, commands);
		if (part->first == REGION || part->first == NAME)
			offer_regions(line, part->first == NAME);
		break;	/* all parts of a command begin alike */
	}
	return DONE;
}

static bool is_option(const struct line *line, const char *word)
{
	if (line->command && !strcmp(line->command, "monitor") && !strncmp(word, "--", 2))
		return true;
	return !strcmp(word, "-j") || !strcmp(word, "--json") || !strcmp(word, "-p") ||
	       !strcmp(word, "--pretty") || !strcmp(word, "--dry-run");
}

static bool begins_region(const char *word)
{
	return !strcmp(word, "id") || !strcmp(word, "name") || !strcmp(word, "path");
}

static void parse(char **words, struct line *line)
{
	*line = (struct line) { .word = "", .before = "" };
	for (; *words && words[1]; words++) {
		if (is_option(line, *words))
			continue;
		line->before = *words;
		if (!line->command)
			line->command = *words;
		else if (line->region)
			line->place++;
		else if (!begins_region(*words))
			line->region = *words;
	}
	if (*words)
		line->word = *words;
}

int complete(char **words, const struct command *commands)
{
	struct line line;

	parse(words, &line);
	if (line.word[0] == '-' && line.command) {
		offer_all(&line, options);
		if (!strcmp(line.command, "apply"))
			offer(&line, "--dry-run", "make nothing, and say what would be made");
		if (!strcmp(line.command, "monitor"))
			offer_all(&line, "--count= --timeout=");
	} else if (line.word[0] == '-') {
		offer_all(&line, options);
		offer_all(&line, "-V --version");
	}
	if (!line.command) {
		offer_commands(&line, commands);
		return DONE;
	}
	/* an option is no path */
	return offer_arguments(&line, commands) && line.word[0] != '-' ? COMPLETE_FILES : DONE;
}
