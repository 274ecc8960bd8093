#include "core/partial.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/strict.hpp"
#include "core/whole_mask.hpp"

namespace htj2k {
namespace {

void fill_mask(const image_view& out, std::int8_t level, std::int8_t* mask) {
  std::fill_n(mask, std::size_t{out.width} * out.height, level);
}

partial_result decode_whole(byte_span data, const limits& bounds, const decode_options& options,
                            const image_view& out, std::int8_t* mask) {
  const open_codestream opened = open_strict(data, bounds, options.reduce);
  partial_result result;
  result.messages = decode_strict(opened, options, out);
  // A reduced decode does not look at the packets behind its own.
  result.bytes_used = options.reduce == 0 ? bytes_used(opened.cs, opened.walk)
                                          : bytes_used(opened.cs, walk_packets(opened.cs, 0));
  result.resolution = max_reduce(opened.cs) - options.reduce;
  fill_mask(out, static_cast<std::int8_t>(result.resolution), mask);
  return result;
}

bool decodes_strictly(byte_span data, const limits& bounds, std::uint32_t reduce) {
  try {
    const open_codestream opened = open_strict(data, bounds, reduce);
    decode_options options;
    options.reduce = reduce;
    decode_strict(opened, options, view_without_memory(layout_at(opened.cs, reduce)));
    return true;
  } catch (const error&) {
    return false;
  }
}

// OpenJPH does not tell which codeblocks it could not decode. What can be said is said of all pixels.
std::int8_t highest_whole(byte_span data, const limits& bounds, const codestream& cs, std::uint32_t reduce) {
  const std::uint32_t most = max_reduce(cs);
  while (reduce <= most && !decodes_strictly(data, bounds, reduce)) ++reduce;
  return static_cast<std::int8_t>(static_cast<int>(most) - static_cast<int>(reduce));
}

}  // namespace

partial_result decode_partial(byte_span data, const limits& bounds, const decode_options& options,
                              const image_view& out, std::int8_t* mask) {
  partial_result result;
  try {
    return decode_whole(data, bounds, options, out, mask);
  } catch (const error& e) {
    result.reason = e.what();
  }
  const open_codestream opened = open_damaged(data, bounds, options.reduce);
  result.messages = decode_damaged(opened, options, out);
  result.bytes_used = bytes_used(opened.cs, opened.walk);
  result.resolution = max_reduce(opened.cs) - options.reduce;
  if (opened.engine == decode_engine::native)
    write_whole_mask(opened.cs, opened.walk, options.reduce, mask);
  else
    fill_mask(out, highest_whole(data, bounds, opened.cs, options.reduce + 1), mask);
  return result;
}

}  // namespace htj2k
