// SPDX-License-Identifier: GPL-2.0-only
/*
 * demo - show the life of one region while it happens
 *
 * The program copies a file into a region, reads it in another process, freezes the region,
 * attacks it, and checks that its contents are the same. It makes one attack on the kernel's own
 * array as well, which does not withstand it, shows the command bpfmmap, and ends the region.
 * scripts/guest/demo runs the program as root in a guest that has just been booted, and prints the
 * first lines. If the module is loaded already, every user who may create regions can run the
 * program, and the module stays loaded: demo [FILE]. The kernel's array, which is for root, and the
 * command are only shown in the guest.
 *
 * Each line is checked before it is printed. If a step fails, the program prints what it
 * expected and what happened, and exits with status 1. The writer and the readers are
 * processes of their own, which inherit the region's fd. busybox's sha256sum reads what a
 * reader sees.
 *
 * Environment: sha256 is the output of the host's sha256sum for the file.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/bpfmmap.h>
#include <linux/userfaultfd.h>

#define MODULE		"/module/bpfmmap.ko"
#define VALUE_SIZE	4096
#define SHA256_DIGITS	64

static const char *data_file = "/demo-file";

__attribute__((noreturn, format(printf, 1, 2)))
static void not_as_told(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("\nNOT AS TOLD: ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
	exit(1);
}

/* A step that is not shown has to succeed as well. */
static long must(const char *what, long ret)
{
	if (ret == -1)
		not_as_told("%s failed: %s", what, strerror(errno));
	return ret;
}

static void show(const char *what, const char *outcome, const char *name, const char *meaning)
{
	printf("    %-32s %-8s %-8s %s\n", what, outcome, name, meaning);
}

static void told_granted(const char *what, long ret)
{
	if (ret == -1)
		not_as_told("expected %s to be granted; got %s", what, strerrorname_np(errno));
	printf("    %-32s granted\n", what);
}

static void told_refused(const char *what, long ret, int err)
{
	if (ret != -1)
		not_as_told("expected %s to give %s; it was granted", what, strerrorname_np(err));
	if (errno != err)
		not_as_told("expected %s to give %s; got %s", what, strerrorname_np(err),
			    strerrorname_np(errno));
	show(what, "refused:", strerrorname_np(err), strerror(err));
}

static void load_module(void)
{
	int fd = must("open " MODULE, open(MODULE, O_RDONLY | O_CLOEXEC));

	must("loading the module", syscall(SYS_finit_module, fd, "", 0));
	close(fd);
}

/* As rmmod does it. */
static long unload_module(void)
{
	return syscall(SYS_delete_module, "bpfmmap", O_NONBLOCK);
}

static int create(const char *name, size_t len)
{
	struct bpfmmap_create args = {
		.size = sizeof(args),
		.value_size = VALUE_SIZE,
		.max_entries = (len + VALUE_SIZE - 1) / VALUE_SIZE,
	};
	int control = must("open " BPFMMAP_DEVICE, open(BPFMMAP_DEVICE, O_RDWR | O_CLOEXEC));
	int region;

	snprintf(args.name, sizeof(args.name), "%s", name);
	region = must("creating a region", ioctl(control, BPFMMAP_IOC_CREATE, &args));
	close(control);
	return region;
}

static void *map(int region, size_t len, int prot)
{
	return mmap(NULL, len, prot, MAP_SHARED, region, 0);
}

static long freeze(int region)
{
	struct bpfmmap_freeze args = { .size = sizeof(args) };

	return ioctl(region, BPFMMAP_IOC_FREEZE, &args);
}

static long update(int region, uint32_t index)
{
	static const char value[VALUE_SIZE] = "changed";
	struct bpfmmap_element args = {
		.size = sizeof(args),
		.index = index,
		.value = (uintptr_t)value,
	};

	return ioctl(region, BPFMMAP_IOC_UPDATE, &args);
}

/* The file through which a debugger can write even a program's read-only pages. */
static long write_through_proc(const void *at)
{
	int fd = must("open /proc/self/mem", open("/proc/self/mem", O_RDWR | O_CLOEXEC));

	return pwrite(fd, "x", 1, (uintptr_t)at);
}

static int status_of(pid_t pid, int options)
{
	int status;

	must("waitpid", waitpid(pid, &status, options));
	return status;
}

/* The writer fills the region through its mapping, stops, and keeps the mapping. */
static pid_t start_writer(int region, size_t len)
{
	pid_t pid = must("fork", fork());
	size_t done = 0;
	ssize_t n = 1;
	char *to;
	int fd;

	if (pid) {
		if (!WIFSTOPPED(status_of(pid, WUNTRACED)))
			not_as_told("expected the writer to fill the region; it ended early");
		return pid;
	}

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = must("opening the file", open(data_file, O_RDONLY));
	to = map(region, len, PROT_READ | PROT_WRITE);
	must("the writer's mmap", (long)to);
	for (; n > 0; done += n)
		n = must("reading into the mapping", read(fd, to + done, len - done));
	if (done == len)
		raise(SIGSTOP);
	_exit(done != len);
}

/* A reader maps the region read-only and pipes the contents to sha256sum. */
static void read_it(int region, size_t len, int answer)
{
	const void *from = map(region, len, PROT_READ);
	FILE *sha256sum;

	if (from == MAP_FAILED || dup2(answer, STDOUT_FILENO) < 0)
		_exit(1);
	sha256sum = popen("sha256sum", "w");
	if (!sha256sum || fwrite(from, 1, len, sha256sum) != len)
		_exit(1);
	_exit(pclose(sha256sum) != 0);
}

static void told_by_reader(const char *who, int region, size_t len)
{
	const char *expected = getenv("sha256") ?: "(no sha256 in the environment)";
	char sum[SHA256_DIGITS + 1] = "";
	ssize_t done = 0, n = 1;
	int answer[2];
	pid_t pid;

	must("pipe", pipe2(answer, O_CLOEXEC));
	pid = must("fork", fork());
	if (!pid)
		read_it(region, len, answer[1]);
	close(answer[1]);
	for (; n > 0; done += n)
		n = must("reading the sha256", read(answer[0], sum + done, SHA256_DIGITS - done));
	close(answer[0]);
	if (status_of(pid, 0))
		not_as_told("expected %s (process %d) to exit with status 0", who, pid);
	if (strcmp(sum, expected))
		not_as_told("expected %s (process %d) to find the sha256\n    %s; it found\n    %s",
			    who, pid, expected, sum);
	printf("  %s, process %d, maps it read-only and pipes it to sha256sum, which agrees:\n"
	       "    %s\n", who, pid, sum);
}

/* The line of /proc/self/maps, without the blanks that align it. */
static void show_mapping(const void *at)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[256], *word;

	do {
		if (!maps || !fgets(line, sizeof(line), maps))
			not_as_told("expected a mapping at %p in /proc/self/maps", at);
	} while (strtoul(line, NULL, 16) != (uintptr_t)at);
	fclose(maps);
	if (!strstr(line, "/bpfmmap:"))
		not_as_told("expected the name of the region in /proc/self/maps; got %s", line);
	printf("   ");
	for (word = strtok(line, " "); word; word = strtok(NULL, " "))
		printf(" %s", word);
}

static void told_store(const char *what, volatile char *at)
{
	pid_t pid = must("fork", fork());
	int status;

	if (!pid) {
		*at = 'x';
		_exit(0);
	}
	status = status_of(pid, 0);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSEGV)
		not_as_told("expected %s to give SIGSEGV; got status %#x", what, status);
	show(what, "killed:", "SIGSEGV", strsignal(SIGSEGV));
}

/*
 * A process_vm_writev takes the page that it writes to, and then copies from its source, a page
 * that userfaultfd holds back.
 */
struct pending_write {
	size_t page;
	char *source, *to;
	int uffd;
	int done[2];
	pthread_t thread;
	ssize_t ret;
	int err;
};

static void *write_to_page(void *arg)
{
	struct pending_write *w = arg;
	struct iovec from = { w->source, w->page }, to = { w->to, w->page };

	w->ret = process_vm_writev(getpid(), &from, 1, &to, 1, 0);
	w->err = errno;
	must("the end of process_vm_writev", write(w->done[1], "", 1));
	return NULL;
}

static char *private_page(size_t page)
{
	char *at = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must("mmap of a page", (long)at);
	return at;
}

static void hold_source_back(struct pending_write *w)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	w->source = private_page(w->page);
	area.range = (struct uffdio_range){ (uintptr_t)w->source, w->page };
	w->uffd = must("userfaultfd", syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK));
	must("UFFDIO_API", ioctl(w->uffd, UFFDIO_API, &api));
	must("UFFDIO_REGISTER", ioctl(w->uffd, UFFDIO_REGISTER, &area));
}

/* The source gets its contents, so the write, which waits for them, ends. */
static void let_source_go(struct pending_write *w)
{
	char *contents = private_page(w->page);
	struct uffdio_copy copy = {
		.dst = (uintptr_t)w->source, .src = (uintptr_t)contents, .len = w->page,
	};

	strcpy(contents, "forged");
	must("UFFDIO_COPY", ioctl(w->uffd, UFFDIO_COPY, &copy));
	pthread_join(w->thread, NULL);
	munmap(contents, w->page);
}

/* Returns whether the write waits; it has failed otherwise. */
static bool begin_write(struct pending_write *w)
{
	struct pollfd wait[2];

	must("pipe", pipe2(w->done, O_CLOEXEC));
	hold_source_back(w);
	if (pthread_create(&w->thread, NULL, write_to_page, w))
		not_as_told("starting a thread failed");
	wait[0] = (struct pollfd){ .fd = w->uffd, .events = POLLIN };
	wait[1] = (struct pollfd){ .fd = w->done[0], .events = POLLIN };
	must("waiting for process_vm_writev", poll(wait, 2, -1));
	return !wait[1].revents;
}

static void end_write(struct pending_write *w)
{
	close(w->uffd);
	close(w->done[0]);
	close(w->done[1]);
	munmap(w->source, w->page);
}

/* Show what one page of an array has. Returns whether it is what was written before the freeze. */
static bool told_contents(int array, size_t page)
{
	const char *at = map(array, page, PROT_READ);
	bool same;

	must("mmap to read", (long)at);
	same = !strcmp(at, "genuine");
	printf("    %-32s %-8s \"%s\"\n", "its contents", same ? "kept:" : "CHANGED:", at);
	munmap((void *)at, page);
	return same;
}

static char *fill_page(int array, size_t page)
{
	char *at = map(array, page, PROT_READ | PROT_WRITE);

	must("mmap to write", (long)at);
	strcpy(at, "genuine");
	return at;
}

/* An array map of BPF, as a program that uses libbpf gets it. */
static int create_array(size_t page)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = page,
		.max_entries = 1,
		.map_flags = BPF_F_MMAPABLE,
	};

	return must("creating an array of the kernel",
		    syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
}

static long freeze_array(int array)
{
	union bpf_attr attr = { .map_fd = array };

	return syscall(SYS_bpf, BPF_MAP_FREEZE, &attr, sizeof(attr));
}

/*
 * What is shown of the kernel's array is what happens, as a later kernel may do better. The region
 * has to refuse.
 */
static void compare_with_array(void)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct pending_write w = { .page = page };
	int array = create_array(page);
	int region;

	printf("\nCompared\n"
	       "  A system call may take a page first, and store to it later. Here process_vm_writev\n"
	       "  takes one before the freeze, and userfaultfd lets it store after the freeze.\n"
	       "  The kernel's own array, a BPF_MAP_TYPE_ARRAY with BPF_F_MMAPABLE:\n");
	w.to = fill_page(array, page);
	if (begin_write(&w)) {
		printf("    %-32s waits\n", "process_vm_writev");
		munmap(w.to, page);
		told_granted("freeze", freeze_array(array));
		let_source_go(&w);
		told_granted("process_vm_writev ends", w.ret);
	} else {
		errno = w.err;
		show("process_vm_writev", "refused:", strerrorname_np(errno), strerror(errno));
		pthread_join(w.thread, NULL);
		munmap(w.to, page);
		told_granted("freeze", freeze_array(array));
	}
	told_contents(array, page);
	end_write(&w);
	close(array);

	printf("  A region:\n");
	region = create("page", page);
	w.to = fill_page(region, page);
	if (begin_write(&w))
		not_as_told("expected process_vm_writev to be refused; it has taken a page");
	pthread_join(w.thread, NULL);
	errno = w.err;
	told_refused("process_vm_writev", w.ret, EFAULT);
	munmap(w.to, page);
	told_granted("freeze", freeze(region));
	if (!told_contents(region, page))
		not_as_told("expected the region to be the same");
	end_write(&w);
	close(region);
}

/* Show a command and what it prints. It fails or not, as told, and its output has the text. */
static void told_command(const char *command, bool fails, const char *text)
{
	char with_errors[256], line[256];
	bool seen = false;
	FILE *output;

	printf("  # %s\n", command);
	snprintf(with_errors, sizeof(with_errors), "{ %s; } 2>&1", command);
	output = popen(with_errors, "r");
	while (output && fgets(line, sizeof(line), output)) {
		printf("  %s", line);
		seen |= !!strstr(line, text);
	}
	if (!output || !pclose(output) == fails)
		not_as_told("expected '%s' to %s", command, fails ? "fail" : "succeed");
	if (!seen && *text)
		not_as_told("expected '%s' in what '%s' prints", text, command);
}

static void use_command(void)
{
	printf("\nFrom a shell\n");
	must("mounting the file system of regions",
	     mount("bpfmmap", BPFMMAP_PUBLISH_DIR, "bpfmmap", 0, NULL));
	told_command("bpfmmap create licence from /demo-file mode 0444", false,
		     BPFMMAP_PUBLISH_DIR "/licence");
	told_command("bpfmmap freeze licence", false, "");
	told_command("bpfmmap list", false, "frozen");
	told_command("sha256sum /sys/fs/bpfmmap/licence", false, getenv("sha256") ?: "");
	told_command("dd if=/dev/zero of=/sys/fs/bpfmmap/licence", true, "not permitted");
	told_command("rm /sys/fs/bpfmmap/licence && umount /sys/fs/bpfmmap", false, "");
}

int main(int argc, char **argv)
{
	struct bpfmmap_info info = { .size = sizeof(info) };
	bool installed = !access("/sys/module/bpfmmap", F_OK);
	struct utsname kernel;
	struct stat data;
	pid_t writer;
	size_t len;
	int region;
	void *at;

	if (argc > 1)
		data_file = argv[1];
	must("stat of the file", stat(data_file, &data));
	must("uname", uname(&kernel));
	len = data.st_size;

	if (!installed)
		load_module();
	region = create("demo", len);
	must("asking for the region's id", ioctl(region, BPFMMAP_IOC_INFO, &info));
	printf("Linux %s %s.\n"
	       "Region %u is made, an array of %u x %u bytes.\n", kernel.release,
	       installed ? "has bpfmmap installed" :
			   "is up in QEMU, with bpfmmap.ko built for it and loaded",
	       info.id, info.max_entries, info.value_size);

	printf("\nFilled\n");
	writer = start_writer(region, len);
	printf("  A writer, process %d, maps it writable and copies the file in.\n", writer);
	told_by_reader("A reader", region, len);

	printf("\nFrozen\n  The writer still has its mapping:\n");
	told_refused("freeze", freeze(region), EBUSY);
	must("waking the writer", kill(writer, SIGCONT));
	if (status_of(writer, 0))
		not_as_told("expected the writer to exit with status 0");
	printf("  The writer exits, and its mapping goes:\n");
	told_granted("freeze", freeze(region));

	at = map(region, len, PROT_READ);
	must("mmap to read", (long)at);
	printf("\nAttacked\n  Process %d%s maps it read-only, as /proc/%d/maps has it:\n",
	       getpid(), geteuid() ? "" : ", root,", getpid());
	show_mapping(at);
	printf("  It does what it can to change it:\n");
	told_refused("mmap with PROT_WRITE", (long)map(region, len, PROT_READ | PROT_WRITE), EPERM);
	told_refused("mprotect to PROT_WRITE", mprotect(at, len, PROT_READ | PROT_WRITE), EACCES);
	told_refused("update of element 0", update(region, 0), EPERM);
	told_refused("write through /proc/self/mem", write_through_proc(at), EIO);
	told_store("store, in a child process", at);
	told_by_reader("Another reader", region, len);

	if (installed) {
		close(region);
		must("munmap", munmap(at, len));
		printf("\nEverything went as told.\n");
		return 0;
	}

	compare_with_array();
	use_command();

	printf("\nGone\n  The last fd is closed, but process %d still has its mapping:\n",
	       getpid());
	close(region);
	told_refused("rmmod", unload_module(), EAGAIN);
	printf("  That mapping goes, and the region with it:\n");
	must("munmap", munmap(at, len));
	told_granted("rmmod", unload_module());

	printf("\nEverything went as told.\n");
	return 0;
}
