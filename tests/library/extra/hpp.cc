// SPDX-License-Identifier: GPL-2.0-only
/*
 * The classes of bpfmmap.hpp: each function once, who owns what, and the errors
 *
 * EXPECT() ends the program with the line of what was not as expected.
 */
#include <bpfmmap.hpp>

#include <cstdio>
#include <cstdlib>
#include <sys/socket.h>
#include <unistd.h>

#define EXPECT(condition)						\
	do {								\
		if (!(condition)) {					\
			std::printf("line %d: %s\n", __LINE__, #condition);	\
			std::exit(1);					\
		}							\
	} while (0)

/* The statement throws std::system_error with this std::errc. */
#define EXPECT_ERROR(statement, error)					\
	do {								\
		bool thrown = false;					\
									\
		try {							\
			statement;					\
		} catch (const std::system_error &e) {			\
			thrown = e.code() == std::errc::error;		\
			if (!thrown)					\
				std::printf("%s\n", e.what());		\
		}							\
		EXPECT(thrown && #statement);				\
	} while (0)

using bpfmmap::Mapping;
using bpfmmap::Region;
using bpfmmap::WritableMapping;

struct point {
	float x, y, z;
};

static_assert(!std::is_copy_constructible<Region>::value, "");
static_assert(!std::is_copy_assignable<Region>::value, "");
static_assert(std::is_nothrow_move_constructible<Region>::value, "");
static_assert(std::is_nothrow_move_assignable<Region>::value, "");
static_assert(!std::is_copy_constructible<Mapping>::value, "");
static_assert(!std::is_copy_assignable<WritableMapping>::value, "");
static_assert(std::is_nothrow_move_constructible<Mapping>::value, "");
static_assert(std::is_nothrow_move_assignable<WritableMapping>::value, "");
static_assert(std::is_same<decltype(std::declval<Mapping>().at<int>(0)), const int &>::value, "");
static_assert(std::is_same<decltype(std::declval<WritableMapping>().at<int>(0)), int &>::value, "");
static_assert(!std::is_convertible<Mapping, WritableMapping>::value, "");

static void elements()
{
	const Region region = Region::create("points", sizeof(point), 1000);
	auto opts = bpfmmap::options<bpfmmap_map_opts>();

	EXPECT(region.value_size() == 12 && region.stride() == 16 && region.max_entries() == 1000);
	EXPECT(region.name() == "points" && region.id() > 0 && region.fd() >= 0);
	EXPECT(region.bytes() >= 16000 && region.info().id == region.id());
	{
		const WritableMapping map = region.map_writable();

		EXPECT(map.bytes() == region.bytes() && map.stride() == 16);
		for (__u32 i = 0; i < 1000; i++)
			map.at<point>(i) = { 1.0f * i, 2.0f * i, 3.0f * i };
		EXPECT_ERROR(map.at<point>(1000), no_such_file_or_directory);
		EXPECT_ERROR(map.at<double>(0), invalid_argument);
		EXPECT(region.info().writers == 1);
	}
	EXPECT(region.info().writers == 0 && region.info().mappings == 0);
	EXPECT(region.lookup<point>(7).z == 21.0f);
	region.update(7, point{ 1, 2, 4 });
	EXPECT_ERROR(region.lookup<double>(7), invalid_argument);
	EXPECT_ERROR(region.update(7, 1.0), invalid_argument);
	EXPECT_ERROR(region.lookup<point>(1000), no_such_file_or_directory);

	/* a part that starts behind the first elements */
	opts.offset = sysconf(_SC_PAGESIZE);
	const __u32 first = static_cast<__u32>(opts.offset / 16);
	if (first >= 1000)
		return;
	const Mapping part = region.map(&opts);
	EXPECT(part.at<point>(first).x == 1.0f * first);
	EXPECT(part.at<point>(999).y == 2.0f * 999);
	EXPECT_ERROR(part.at<point>(first - 1), no_such_file_or_directory);
}

static void ownership()
{
	Region one = Region::create("one", 8, 1), two = Region::create("two", 8, 1);
	const __u32 id = two.id();
	const int fd = one.fd();

	one = std::move(two);
	EXPECT(one.id() == id && !two && one);
	EXPECT_ERROR(Region::from_fd(fd), bad_file_descriptor);
	two = Region(one.release());
	EXPECT(!one && two.id() == id && two.get());

	Mapping map = two.map(), other;
	const unsigned char *data = map.data();
	EXPECT(!other);
	other = std::move(map);
	EXPECT(other && !map && other.data() == data && two.info().mappings == 1);
	/* a mapping outlives the handle */
	two = Region();
	EXPECT(other.at<__u64>(0) == 0);
	other.unmap();
	EXPECT(!other);
}

static void freezing()
{
	const Region region = Region::create("frozen", 8, 1);
	const Region reader = region.restrict_to(BPFMMAP_F_RDONLY);
	auto processes = bpfmmap::options<bpfmmap_freeze_opts>();
	WritableMapping writer = region.map_writable();

	EXPECT_ERROR(region.freeze(), device_or_resource_busy);
	EXPECT_ERROR(region.freeze_wait(std::chrono::microseconds(1)), timed_out);
	EXPECT_ERROR(region.wait_frozen(std::chrono::milliseconds(0)), timed_out);
	EXPECT_ERROR(reader.make_sure_frozen(), operation_not_permitted);
	EXPECT(!region.freeze_when_idle());
	region.freeze_cancel();
	EXPECT_ERROR(region.freeze_cancel(), no_such_file_or_directory);
	writer.unmap();
	processes.processes = true;
	region.freeze(&processes);
	EXPECT(!region.frozen());
	EXPECT(region.freeze_when_idle());
	EXPECT(region.frozen());
	region.wait_frozen();
	region.wait_frozen(std::chrono::hours(24 * 365));
	EXPECT_ERROR(region.freeze(), operation_not_permitted);
	EXPECT_ERROR(region.freeze_wait(), operation_not_permitted);
	EXPECT_ERROR(region.map_writable(), operation_not_permitted);
	region.make_sure_frozen();
	reader.make_sure_frozen();
}

static void passing_on()
{
	const Region region = Region::create("sent", 8, 1);
	int socks[2];

	EXPECT(!socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	region.send(socks[0]);
	EXPECT(Region::receive(socks[1]).id() == region.id());
	EXPECT(write(socks[0], "x", 1) == 1);
	EXPECT_ERROR(Region::receive(socks[1]), no_message);
	close(socks[0]);
	EXPECT_ERROR(Region::receive(socks[1]), connection_reset);
	EXPECT_ERROR(region.send(socks[1]), broken_pipe);
	close(socks[1]);

	EXPECT(bpfmmap::published().empty());
	region.publish("cplusplus");
	EXPECT(bpfmmap::published() == std::vector<std::string>{ "cplusplus" });
	EXPECT(Region::open_name("cplusplus").id() == region.id());
	EXPECT(Region::open_path("/sys/fs/bpfmmap/cplusplus").id() == region.id());
	EXPECT(Region::open_id(region.id()).id() == region.id());
	bpfmmap::withdraw("cplusplus");
	EXPECT_ERROR(Region::open_name("cplusplus"), no_such_file_or_directory);
	EXPECT_ERROR(bpfmmap::withdraw("cplusplus"), no_such_file_or_directory);
	EXPECT_ERROR(Region::from_fd(STDIN_FILENO), inappropriate_io_control_operation);
	EXPECT_ERROR(Region::create("too long for a name", 8, 1), filename_too_long);
}

#if __cplusplus >= 202002L
/* A span of a mapping that ends with the statement does not compile. */
template <typename T> concept has_span = requires(T &&mapping) {
	std::forward<T>(mapping).template span<__u64>();
};
static_assert(has_span<const Mapping &> && has_span<WritableMapping &>);
static_assert(!has_span<Mapping> && !has_span<const WritableMapping>);

static void spans()
{
	const __u64 per_page = sysconf(_SC_PAGESIZE) / 8;
	const Region region = Region::create("span", 8, static_cast<__u32>(per_page + 10));
	auto opts = bpfmmap::options<bpfmmap_map_opts>();

	{
		const WritableMapping writable = region.map_writable();

		for (__u64 number = 0; __u64 &element : writable.span<__u64>())
			element = number++;
	}
	const Mapping map = region.map();
	const std::span<const __u64> all = map.span<__u64>();
	EXPECT(all.size() == per_page + 10 && all.front() == 0 && all.back() == per_page + 9);
	opts.offset = sysconf(_SC_PAGESIZE);
	const Mapping part = region.map(&opts);
	EXPECT(part.span<__u64>().size() == 10 && part.span<__u64>().front() == per_page);
	EXPECT_ERROR(map.span<__u32>(), invalid_argument);
	const Mapping gaps = Region::create("gaps", 12, 3).map(), none;
	EXPECT_ERROR(gaps.span<point>(), invalid_argument);
	EXPECT(!none && none.data() == nullptr);
}
#else
static void spans()
{
}
#endif

int main()
{
	bpfmmap_version version{};

	version = bpfmmap::module_version();
	EXPECT(version.version == BPFMMAP_VERSION);
	elements();
	ownership();
	freezing();
	passing_on();
	spans();
	std::printf("C++ %ld: all as expected\n", static_cast<long>(__cplusplus));
	return 0;
}
