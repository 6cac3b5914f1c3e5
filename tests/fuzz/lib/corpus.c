// SPDX-License-Identifier: GPL-2.0-only
/* See corpus.h. It is in shared memory, so that fork() copies no page tables for it. */
#include "fixture.h"
#include "corpus.h"

struct kept {
	struct test_case what;
	struct features features;
	unsigned int nr_features;
	bool printed;
};

static struct kept *corpus;
static unsigned int nr;
static const struct features none;

void corpus_prepare(void)
{
	corpus = mmap(NULL, MOST_KEPT * sizeof(*corpus), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_ptr_not_equal(corpus, MAP_FAILED);
}

bool corpus_keep(const struct test_case *what, const struct features *features)
{
	if (nr == MOST_KEPT)
		return false;
	corpus[nr++] = (struct kept){
		.what = *what,
		.features = *features,
		.nr_features = features_beyond(features, &none),
	};
	return true;
}

unsigned int corpus_size(void)
{
	return nr;
}

const struct test_case *corpus_any(uint64_t *seed)
{
	unsigned int recent = nr < 50 ? nr : 50;

	if (random_below(seed, 3))
		return &corpus[random_below(seed, nr)].what;
	return &corpus[nr - 1 - random_below(seed, recent)].what;
}

/* The case that has most features which are not covered yet, or NULL. */
static struct kept *most_useful(const struct features *covered)
{
	struct kept *best = NULL;
	unsigned int most = 0, new, i;

	for (i = 0; i < nr; i++) {
		/* no more than it has in all */
		if (corpus[i].printed || corpus[i].nr_features <= most)
			continue;
		new = features_beyond(&corpus[i].features, covered);
		/* at most this many from now on */
		corpus[i].nr_features = new;
		if (new > most) {
			most = new;
			best = &corpus[i];
		}
	}
	return best;
}

void corpus_print_smallest(void)
{
	static struct features covered;
	struct kept *kept;
	char text[CASE_TEXT];

	memset(&covered, 0, sizeof(covered));
	while ((kept = most_useful(&covered))) {
		kept->printed = true;
		features_add(&covered, &kept->features);
		case_print(&kept->what, text, sizeof(text));
		printf("@@ corpus %s\n", text);
	}
	fflush(stdout);
}
