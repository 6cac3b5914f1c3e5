// SPDX-License-Identifier: GPL-2.0-only
/*
 * watch: print the list of regions again and again.
 *
 * On a terminal the list is drawn in place, on the alternate screen. The terminal shows its
 * old contents again at the end, also if a signal ends the command. Elsewhere each list is a
 * block, with an empty line between two blocks. With -j each list is an array on one line.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "output.h"
#include "resources.h"
#include "state.h"

#define ENTER_SCREEN	"\033[?1049h\033[?25l"
#define LEAVE_SCREEN	"\033[?25h\033[?1049l"
#define MAX_INTERVAL	86400
#define USUAL_ROWS	24

static int take_interval(struct args *args, double *interval, uint64_t *count)
{
	const char *text = args_peek(args);
	char *end;
	int status;

	*interval = 1;
	*count = 0;
	if (text && strcmp(text, "count")) {
		args_next(args);
		*interval = strtod(text, &end);
		if (end == text || *end || !(*interval >= 0.1 && *interval <= MAX_INTERVAL))
			return usage_error("'%s' is not a valid interval; "
					   "give a number of seconds from 0.1 to %d",
					   text, MAX_INTERVAL);
	}
	if (args_take(args, "count")) {
		status = args_number(args, "count", 1, UINT32_MAX, count);
		if (status)
			return status;
	}
	return args_end(args);
}

/*
 * The number of regions that fit on the screen. Two lines of heading are above them, and a
 * line with the number of others is below. A serial console has no size (0); then LINES says it,
 * or it has as many lines as terminals once had.
 */
static size_t screen_rows(void)
{
	const char *lines = getenv("LINES");
	struct winsize size;
	uint64_t rows;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row)
		rows = size.ws_row;
	else if (!lines || !number_of(lines, UINT16_MAX, &rows) || !rows)
		rows = USUAL_ROWS;
	return rows < 5 ? 1 : rows - 4;
}

/* Print the whole screen by one write, so that it does not flicker. */
static void draw(const struct states *states, const char *now)
{
	size_t size, rows = screen_rows();
	char *picture, *line;
	FILE *file = open_memstream(&picture, &size);

	if (!file)
		check_used_up("show the list");
	fprintf(file, "%s  %zu %s%s\n", now, states->count,
		states->count == 1 ? "region" : "regions",
		states->published_only ? " published" : "");
	states_table(file, states, rows);
	if (fclose(file))
		check_used_up("show the list");
	fputs("\033[H", stdout);
	for (line = strtok(picture, "\n"); line; line = strtok(NULL, "\n"))
		printf("%s\033[K\r\n", line);
	fputs("\033[J", stdout);
	free(picture);
}

static int show(bool terminal, bool first)
{
	time_t now = time(NULL);
	struct states states;
	char text[32];
	struct tm tm;
	int status = states_get(&states);

	if (status)
		return status;
	strftime(text, sizeof(text), "%H:%M:%S", localtime_r(&now, &tm));
	if (output_is_json()) {
		states_json(&states);
	} else if (terminal) {
		draw(&states, text);
	} else {
		printf("%s%s\n", first ? "" : "\n", text);
		states_table(stdout, &states, 0);
	}
	states_free(&states);
	return fflush(stdout) ? FAILED : DONE;
}

int do_watch(struct args *args)
{
	struct timespec pause;
	sigset_t signals;
	double interval;
	uint64_t count;
	bool terminal;
	int status;

	status = take_interval(args, &interval, &count);
	if (status)
		return status;
	pause = (struct timespec) {
		.tv_sec = interval,
		.tv_nsec = (interval - (time_t)interval) * 1e9,
	};
	terminal = isatty(STDOUT_FILENO) && !output_is_json();
	/* signals are delivered only in the pauses, so none interrupts a drawing */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (terminal)
		output_on_screen(ENTER_SCREEN, LEAVE_SCREEN);
	status = show(terminal, true);
	for (uint64_t i = 1; !status && (!count || i < count); i++) {
		if (sigtimedwait(&signals, NULL, &pause) > 0)
			break;
		status = show(terminal, false);
	}
	return status;
}
