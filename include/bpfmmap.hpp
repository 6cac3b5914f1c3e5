/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * libbpfmmap for C++11 and later: objects that release what they hold, errors as exceptions
 *
 *	auto region = bpfmmap::Region::create("table", sizeof(double), 1000);
 *	{
 *		auto map = region.map_writable();
 *		map.at<double>(3) = 3.14;
 *	}
 *	region.freeze();
 *	std::cout << region.map().at<double>(3);
 *
 * A Region is a handle (struct bpfmmap_region), a Mapping a part of it in memory. Both can be moved
 * and not copied. One that was moved from can be destroyed or assigned, and nothing else. Several
 * threads may use one const object at the same time.
 *
 * Each error is a std::system_error with the errno that <bpfmmap.h> has for the function, in
 * std::generic_category(), so code() compares with std::errc.
 *
 * All is inline: a program needs libbpfmmap and nothing more.
 */
#ifndef BPFMMAP_HPP
#define BPFMMAP_HPP

#include <bpfmmap.h>

#include <cerrno>
#include <chrono>
#include <climits>
#include <exception>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#if __cplusplus >= 202002L
#include <span>
#endif

namespace bpfmmap {

/* A struct of options with its size set and all else 0, where BPFMMAP_OPTS() is too new. */
template <typename Opts> Opts options() noexcept
{
	Opts opts = Opts();

	opts.sz = sizeof(opts);
	return opts;
}

namespace detail {

/* Throw err, which is a positive errno. */
[[noreturn]] inline void fail(int err, const char *what)
{
	throw std::system_error(err, std::generic_category(), what);
}

/* A result of the library: a negative one is thrown, any other one returned. */
inline int check(int result, const char *what)
{
	if (result < 0)
		fail(-result, what);
	return result;
}

/* A time to wait, for the library: rounded up to milliseconds, and INT_MAX of them at most. */
template <typename Rep, typename Period>
int milliseconds(const std::chrono::duration<Rep, Period> &time)
{
	const std::chrono::milliseconds most(INT_MAX), none(0);

	if (time <= none)
		return 0;
	if (time >= most)
		return INT_MAX;
	const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(time);
	return static_cast<int>(whole.count()) + (whole < time ? 1 : 0);
}

} /* namespace detail */

class Region;

/*
 * A mapping, which ends with the object. It may outlive the Region. Byte is const if it is
 * read-only; then all of its addresses are const as well.
 */
template <typename Byte> class BasicMapping {
	template <typename T>
	using Element = typename std::conditional<std::is_const<Byte>::value, const T, T>::type;

public:
	BasicMapping() noexcept = default;
	BasicMapping(const BasicMapping &) = delete;
	BasicMapping &operator=(const BasicMapping &) = delete;

	BasicMapping(BasicMapping &&other) noexcept
	{
		swap(other);
	}

	BasicMapping &operator=(BasicMapping &&other) noexcept
	{
		BasicMapping taken(std::move(other));

		swap(taken);
		return *this;
	}

	~BasicMapping()
	{
		bpfmmap_region__unmap(nullptr, &map_);
	}

	void swap(BasicMapping &other) noexcept
	{
		std::swap(map_, other.map_);
		std::swap(offset_, other.offset_);
		std::swap(value_size_, other.value_size_);
		std::swap(max_entries_, other.max_entries_);
	}

	/* End the mapping now, and learn whether that worked. */
	void unmap()
	{
		detail::check(bpfmmap_region__unmap(nullptr, &map_), "bpfmmap: unmap");
	}

	explicit operator bool() const noexcept
	{
		return map_.data;
	}

	Byte *data() const noexcept
	{
		return static_cast<Byte *>(map_.data);
	}

	std::size_t bytes() const noexcept
	{
		return map_.bytes;
	}

	/* Bytes from the start of one element to that of the next. */
	std::size_t stride() const noexcept
	{
		return (static_cast<std::size_t>(value_size_) + 7) & ~static_cast<std::size_t>(7);
	}

	/*
	 * Element index of the region. ENOENT: there is none, or not all of it is mapped; EINVAL:
	 * T has another size than the elements.
	 */
	template <typename T> Element<T> &at(__u32 index) const
	{
		static_assert(std::is_trivially_copyable<T>::value, "elements are plain bytes");
		const __u64 place = static_cast<__u64>(index) * stride();

		if (sizeof(T) != value_size_)
			detail::fail(EINVAL, "bpfmmap: the type has not the size of an element");
		if (index >= max_entries_ || place < offset_ ||
		    place - offset_ + value_size_ > map_.bytes)
			detail::fail(ENOENT, "bpfmmap: no such element in the mapping");
		return *reinterpret_cast<Element<T> *>(data() + (place - offset_));
	}

#if __cplusplus >= 202002L
	/*
	 * All elements that are mapped as a whole. EINVAL: T has not the size of the stride. A
	 * temporary mapping has no span, as that would outlive it.
	 */
	template <typename T> std::span<Element<T>> span() const && = delete;
	template <typename T> std::span<Element<T>> span() const &
	{
		static_assert(std::is_trivially_copyable_v<T>, "elements are plain bytes");
		const __u64 end = (offset_ + map_.bytes) / sizeof(T);
		const __u64 first = (offset_ + sizeof(T) - 1) / sizeof(T);
		const __u64 past = end < max_entries_ ? end : max_entries_;

		if (sizeof(T) != value_size_ || sizeof(T) != stride())
			detail::fail(EINVAL, "bpfmmap: the elements are no array of this type");
		if (first >= past)
			return {};
		return { reinterpret_cast<Element<T> *>(data() + (first * sizeof(T) - offset_)),
			 static_cast<std::size_t>(past - first) };
	}
#endif

private:
	friend class Region;

	bpfmmap_map map_ = bpfmmap_map();
	__u64 offset_ = 0;
	__u32 value_size_ = 0;
	__u32 max_entries_ = 0;
};

using Mapping = BasicMapping<const unsigned char>;
using WritableMapping = BasicMapping<unsigned char>;

/* A handle of a region, which is closed with the object. */
class Region {
public:
	Region() noexcept = default;
	Region(const Region &) = delete;
	Region &operator=(const Region &) = delete;

	/* Take over a handle of the C library, or nullptr. */
	explicit Region(bpfmmap_region *handle) noexcept : handle_(handle)
	{
	}

	Region(Region &&other) noexcept : handle_(other.release())
	{
	}

	Region &operator=(Region &&other) noexcept
	{
		Region taken(std::move(other));

		std::swap(handle_, taken.handle_);
		return *this;
	}

	~Region()
	{
		bpfmmap_region__close(handle_);
	}

	static Region create(const char *name, __u32 value_size, __u32 max_entries,
			     const bpfmmap_create_opts *opts = nullptr)
	{
		return own(bpfmmap_region__create(name, value_size, max_entries, opts),
			   "bpfmmap: create");
	}

	static Region open_id(__u32 id, const bpfmmap_open_opts *opts = nullptr)
	{
		return own(bpfmmap_region__open_id(id, opts), "bpfmmap: open_id");
	}

	static Region open_name(const std::string &name, const bpfmmap_open_opts *opts = nullptr)
	{
		return own(bpfmmap_region__open_name(name.c_str(), opts), "bpfmmap: open_name");
	}

	static Region open_path(const std::string &path, const bpfmmap_open_opts *opts = nullptr)
	{
		return own(bpfmmap_region__open_path(path.c_str(), opts), "bpfmmap: open_path");
	}

	/* After an exception fd still belongs to the caller. */
	static Region from_fd(int fd)
	{
		return own(bpfmmap_region__from_fd(fd), "bpfmmap: from_fd");
	}

	static Region receive(int sock)
	{
		return own(bpfmmap_region__receive(sock), "bpfmmap: receive");
	}

	void send(int sock) const
	{
		detail::check(bpfmmap_region__send(handle_, sock), "bpfmmap: send");
	}

	Region restrict_to(__u32 flags) const
	{
		return own(bpfmmap_region__restrict(handle_, flags), "bpfmmap: restrict");
	}

	explicit operator bool() const noexcept
	{
		return handle_;
	}

	/* The handle for functions of the C library. It still belongs to the object. */
	bpfmmap_region *get() const noexcept
	{
		return handle_;
	}

	/* The handle, which the caller has to close. */
	bpfmmap_region *release() noexcept
	{
		bpfmmap_region *handle = handle_;

		handle_ = nullptr;
		return handle;
	}

	int fd() const noexcept
	{
		return bpfmmap_region__fd(handle_);
	}

	__u32 id() const noexcept
	{
		return bpfmmap_region__id(handle_);
	}

	std::string name() const
	{
		return bpfmmap_region__name(handle_);
	}

	__u32 value_size() const noexcept
	{
		return bpfmmap_region__value_size(handle_);
	}

	__u32 max_entries() const noexcept
	{
		return bpfmmap_region__max_entries(handle_);
	}

	__u64 bytes() const noexcept
	{
		return bpfmmap_region__bytes(handle_);
	}

	__u64 stride() const noexcept
	{
		return bpfmmap_region__stride(handle_);
	}

	bpfmmap_info info() const
	{
		bpfmmap_info info = bpfmmap_info();

		info.size = sizeof(info);
		detail::check(bpfmmap_region__info(handle_, &info), "bpfmmap: info");
		return info;
	}

	/* Is it frozen, so that nobody changes a byte any more? */
	bool frozen() const
	{
		return info().frozen;
	}

	/* Map it, or the part that opts select; opts->writable is ignored. */
	Mapping map(const bpfmmap_map_opts *opts = nullptr) const
	{
		return map_as<const unsigned char>(opts);
	}

	WritableMapping map_writable(const bpfmmap_map_opts *opts = nullptr) const
	{
		return map_as<unsigned char>(opts);
	}

	/* Copy one element. EINVAL: T has another size than the elements. */
	template <typename T> T lookup(__u32 index) const
	{
		static_assert(std::is_trivially_copyable<T>::value, "elements are plain bytes");
		T value;

		if (sizeof(T) != value_size())
			detail::fail(EINVAL, "bpfmmap: the type has not the size of an element");
		detail::check(bpfmmap_region__lookup(handle_, index, &value), "bpfmmap: lookup");
		return value;
	}

	template <typename T> void update(__u32 index, const T &value) const
	{
		static_assert(std::is_trivially_copyable<T>::value, "elements are plain bytes");

		if (sizeof(T) != value_size())
			detail::fail(EINVAL, "bpfmmap: the type has not the size of an element");
		detail::check(bpfmmap_region__update(handle_, index, &value, BPFMMAP_ANY),
		      "bpfmmap: update");
	}

	void freeze(const bpfmmap_freeze_opts *opts = nullptr) const
	{
		detail::check(bpfmmap_region__freeze_with(handle_, opts), "bpfmmap: freeze");
	}

	/* The same, but it is no error if it is frozen already. */
	void make_sure_frozen() const
	{
		bpfmmap_freeze_opts opts = options<bpfmmap_freeze_opts>();

		opts.frozen_ok = true;
		freeze(&opts);
	}

	/* Returns true: it is frozen; false: it will be when the last writer has left. */
	bool freeze_when_idle(const bpfmmap_freeze_opts *opts = nullptr) const
	{
		const int result = bpfmmap_region__freeze_when_idle(handle_, opts);

		return result != -EINPROGRESS && !detail::check(result, "bpfmmap: freeze_when_idle");
	}

	void freeze_cancel() const
	{
		detail::check(bpfmmap_region__freeze_cancel(handle_), "bpfmmap: freeze_cancel");
	}

	/* Wait without a limit, or for a time (ETIMEDOUT). */
	void freeze_wait(const bpfmmap_freeze_opts *opts = nullptr) const
	{
		freeze_wait_ms(-1, opts);
	}

	template <typename Rep, typename Period>
	void freeze_wait(const std::chrono::duration<Rep, Period> &time,
			 const bpfmmap_freeze_opts *opts = nullptr) const
	{
		freeze_wait_ms(detail::milliseconds(time), opts);
	}

	void wait_frozen() const
	{
		detail::check(bpfmmap_region__wait_frozen(handle_, -1), "bpfmmap: wait_frozen");
	}

	template <typename Rep, typename Period>
	void wait_frozen(const std::chrono::duration<Rep, Period> &time) const
	{
		detail::check(bpfmmap_region__wait_frozen(handle_, detail::milliseconds(time)),
		      "bpfmmap: wait_frozen");
	}

	void publish(const std::string &name, const bpfmmap_publish_opts *opts = nullptr) const
	{
		detail::check(bpfmmap_region__publish(handle_, name.c_str(), opts), "bpfmmap: publish");
	}

private:
	static Region own(bpfmmap_region *handle, const char *what)
	{
		if (!handle)
			detail::fail(errno, what);
		return Region(handle);
	}

	template <typename Byte> BasicMapping<Byte> map_as(const bpfmmap_map_opts *opts) const
	{
		bpfmmap_map_opts mine = opts ? *opts : options<bpfmmap_map_opts>();
		BasicMapping<Byte> mapping;

		mine.writable = !std::is_const<Byte>::value;
		detail::check(bpfmmap_region__map(handle_, &mapping.map_, &mine), "bpfmmap: map");
		mapping.offset_ = mine.offset;
		mapping.value_size_ = value_size();
		mapping.max_entries_ = max_entries();
		return mapping;
	}

	void freeze_wait_ms(int timeout_ms, const bpfmmap_freeze_opts *opts) const
	{
		detail::check(bpfmmap_region__freeze_wait_with(handle_, timeout_ms, opts),
		      "bpfmmap: freeze_wait");
	}

	bpfmmap_region *handle_ = nullptr;
};

/* Version and features of the module. */
inline struct bpfmmap_version module_version()
{
	struct bpfmmap_version version = {};

	version.size = sizeof(version);
	detail::check(bpfmmap_version(&version), "bpfmmap: version");
	return version;
}

inline void withdraw(const std::string &name)
{
	detail::check(bpfmmap_withdraw(name.c_str()), "bpfmmap: withdraw");
}

/* All names of regions that the caller may see, as paths from /sys/fs/bpfmmap. */
inline std::vector<std::string> published()
{
	struct Found {
		std::vector<std::string> names;
		std::exception_ptr problem;

		/* the library is C, so no exception may pass through it */
		static int add(const char *name, void *arg) noexcept
		{
			Found *found = static_cast<Found *>(arg);

			try {
				found->names.emplace_back(name);
				return 0;
			} catch (...) {
				found->problem = std::current_exception();
				return 1;
			}
		}
	} found;
	const int result = bpfmmap_each_published(Found::add, &found);

	if (found.problem)
		std::rethrow_exception(found.problem);
	detail::check(result, "bpfmmap: published");
	return std::move(found.names);
}

} /* namespace bpfmmap */

#endif /* BPFMMAP_HPP */
