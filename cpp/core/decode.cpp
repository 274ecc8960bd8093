#include "core/decode.hpp"

#include <optional>

#include "core/codestream_checksums.hpp"
#include "core/component_planes.hpp"
#include "core/decodable.hpp"
#include "core/error.hpp"
#include "core/geometry.hpp"
#include "core/line_decoder.hpp"
#include "core/native/decode.hpp"
#include "core/ojph_messages.hpp"
#include "core/row_writer.hpp"
#include "core/sample_lines.hpp"
#include "core/strict.hpp"

namespace htj2k {
namespace {

// A 32-bit line holds unsigned 32-bit samples as bit patterns; their range is all of int32.
clamp_limits<std::int32_t> line_limits(clamp_policy policy, std::uint32_t bit_depth, sample_type decoded) {
  if (bit_depth == 32) return {};
  return clamp_limits<std::int32_t>(clamp_range(policy, bit_depth, decoded));
}

std::vector<clamp_limits<std::int32_t>> line_limits(const image_size& siz, clamp_policy policy,
                                                    sample_type decoded) {
  std::vector<clamp_limits<std::int32_t>> limits;
  for (const component_size& k : siz.components) limits.push_back(line_limits(policy, k.bit_depth, decoded));
  return limits;
}

// What the codestream's samples decode to. The caller may have them stored in another type, which moves no
// clamp.
sample_type type_in_codestream(const image_size& siz) {
  return decoded_type(max_bit_depth(siz), siz.components.front().is_signed);
}

void fill_with_zero(const image_view& out) {
  const std::vector<std::int32_t> line(out.width, 0);
  clamped_row<std::int32_t> row(std::vector<clamp_limits<std::int32_t>>(out.components));
  row.samples.assign(out.components, line.data());
  for (std::uint32_t y = 0; y < out.height; ++y) write_row(row, kernels::active().lines32, out, y);
}

std::vector<plane_size> plane_sizes(const image_size& siz, std::uint32_t reduce) {
  std::vector<plane_size> sizes;
  for (std::uint32_t c = 0; c < siz.num_components(); ++c) {
    const rect area = component_rect(siz, c, reduce);
    sizes.push_back({area.width(), area.height(), siz.components[c].dx, siz.components[c].dy});
  }
  return sizes;
}

void check_layouts(const std::vector<image_view>& out, const image_size& siz, std::uint32_t reduce) {
  for (std::uint32_t c = 0; c < siz.num_components(); ++c)
    check_layout(out.at(c), component_rect(siz, c, reduce), 1);
}

std::vector<message> pull_pixels(byte_span codestream, const image_size& siz, const decode_options& options,
                                 const image_view& out, row_observer* observer) {
  check_layout(out, image_rect(siz, options.reduce), siz.num_components());
  line_decoder decoder(codestream, siz, options);
  row_writer<std::int32_t> rows(out, line_limits(siz, options.clamp, type_in_codestream(siz)), observer);
  if (has_equal_components(siz))
    return decoder.pull([&](std::uint32_t c, std::uint32_t y, const std::int32_t* line) {
      rows.set_line(c, line);
      if (c + 1 == out.components) rows.finish_row(y);
    });
  component_planes planes(plane_sizes(siz, options.reduce), out.width);
  auto messages = decoder.pull(
      [&](std::uint32_t c, std::uint32_t y, const std::int32_t* line) { planes.take_line(c, y, line); });
  for (std::uint32_t y = 0; y < out.height; ++y) {
    for (std::uint32_t c = 0; c < out.components; ++c) rows.set_line(c, planes.row(c, y));
    rows.finish_row(y);
  }
  return messages;
}

std::vector<message> pull_components(byte_span codestream, const image_size& siz,
                                     const decode_options& options, const std::vector<image_view>& out) {
  line_decoder decoder(codestream, siz, options);
  std::vector<row_writer<std::int32_t>> rows;
  for (const component_size& k : siz.components) {
    const auto c = static_cast<std::uint32_t>(rows.size());
    const auto decoded = decoded_type(k.bit_depth, k.is_signed);
    rows.emplace_back(out[c], std::vector{line_limits(options.clamp, k.bit_depth, decoded)}, nullptr);
  }
  return decoder.pull([&](std::uint32_t c, std::uint32_t y, const std::int32_t* line) {
    rows[c].set_line(0, line);
    rows[c].finish_row(y);
  });
}

// The bytes that a strict decode hands on: the caller's own where all of them are needed.
template <typename Pull>
std::vector<message> with_needed_bytes(const open_codestream& opened, std::uint32_t reduce, Pull pull) {
  const codestream& cs = opened.cs;
  if (reduce == 0) {
    const std::uint64_t start = cs.main_header.start;
    return pull(byte_span{cs.data.data + start, *cs.eoc + 2 - start});
  }
  const auto bytes = whole_packets(cs, opened.walk);
  return pull(byte_span{bytes.data(), bytes.size()});
}

// OpenJPH says that a codeblock does not decode, and not which. The native engine, where it decodes the
// codestream, throws an error that does.
void name_damaged_block(const codestream& cs, std::uint32_t reduce) {
  if (!can_decode(cs, reduce, decode_engine::native)) return;
  decode_options options;
  options.reduce = reduce;
  const open_codestream opened{cs, walk_packets(cs, reduce, true), decode_engine::native};
  native::decode(opened, options, view_without_memory(layout_at(cs, reduce)), nullptr);
}

template <typename Pull>
std::vector<message> with_named_blocks(const open_codestream& opened, std::uint32_t reduce, Pull pull) {
  try {
    return with_needed_bytes(opened, reduce, pull);
  } catch (const error&) {
    name_damaged_block(opened.cs, reduce);
    throw;
  }
}

}  // namespace

void check_layout(const image_view& out, const rect& area, std::uint32_t components) {
  if (out.width != area.width() || out.height != area.height() || out.components != components)
    throw error(error_code::invalid_argument, "the memory for the pixels does not have their layout");
}

std::vector<message> decode_strict(const open_codestream& opened, const decode_options& options,
                                   const image_view& out, row_observer* observer) {
  if (opened.engine == decode_engine::native) {
    check_layout(out, options.region.value_or(image_rect(opened.cs.siz, options.reduce)),
                 opened.cs.siz.num_components());
    native::decode(opened, options, out, observer);
    return {};
  }
  return with_named_blocks(opened, options.reduce, [&](byte_span bytes) {
    return pull_pixels(bytes, opened.cs.siz, options, out, observer);
  });
}

bool gives_all_levels(const open_codestream& opened) {
  return opened.engine == decode_engine::native && has_equal_components(opened.cs.siz);
}

void decode_levels(const open_codestream& opened, const decode_options& options,
                   const std::vector<level_target>& targets) {
  for (const level_target& target : targets)
    check_layout(target.out, image_rect(opened.cs.siz, target.reduce), opened.cs.siz.num_components());
  native::decode_levels(opened, options, targets);
}

std::vector<message> decode_components(const open_codestream& opened, const decode_options& options,
                                       const std::vector<image_view>& out) {
  check_layouts(out, opened.cs.siz, options.reduce);
  if (opened.engine == decode_engine::native) {
    native::decode_components(opened, options, out);
    return {};
  }
  return with_named_blocks(opened, options.reduce, [&](byte_span bytes) {
    return pull_components(bytes, opened.cs.siz, options, out);
  });
}

std::vector<message> decode_damaged(const open_codestream& opened, decode_options options,
                                    const image_view& out) {
  if (opened.engine == decode_engine::native) return decode_strict(opened, options, out);
  const auto bytes = whole_packets(opened.cs, opened.walk);
  options.resilient = true;
  try {
    return pull_pixels({bytes.data(), bytes.size()}, opened.cs.siz, options, out, nullptr);
  } catch (const error&) {
    fill_with_zero(out);
    return {};
  }
}

}  // namespace htj2k
