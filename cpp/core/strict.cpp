#include "core/strict.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "core/completeness.hpp"
#include "core/decodable.hpp"
#include "core/geometry.hpp"
#include "core/resolutions.hpp"

namespace htj2k {
namespace {

void check_reduce(const codestream& cs, std::uint32_t reduce) {
  const std::uint32_t most = max_reduce(cs);
  if (reduce > most)
    throw error(error_code::invalid_argument,
                "reduce is " + std::to_string(reduce) + "; this codestream has " + std::to_string(most) +
                    " decomposition levels, so 0 to " + std::to_string(most) + " are possible");
}

error missing_bytes(const codestream& cs, const packet_walk& walk, std::uint32_t reduce) {
  truncation cut;
  cut.bytes_present = cs.data.size;
  cut.bytes_needed =
      std::max(walk.bytes_needed, resolution_stops(cs)[num_resolutions(cs) - 1 - reduce].value_or(0));
  cut.resolutions_complete = walk.resolutions_complete();
  return error(
      "the data end before the last packet that reduce=" + std::to_string(reduce) +
          " needs: " + std::to_string(cs.data.size) + " bytes are here" +
          (cut.bytes_needed != 0 ? ", at least " + std::to_string(cut.bytes_needed) + " are needed" : "") +
          " (" + std::to_string(cut.resolutions_complete) + " resolutions are whole)",
      cut);
}

// The same with the name of the first codeblock that is not there.
error with_first_missing(const error& e, const packet_walk& walk) {
  const std::string text = e.what() + ("; the first that is missing: " + walk.first_missing);
  return e.code() == error_code::truncated ? error(text, e.cut()) : error(e.code(), text, e.offset());
}

// What open_strict promises of a walk at this `reduce`.
void require_whole(const open_codestream& opened, std::uint32_t reduce) {
  const codestream& cs = opened.cs;
  try {
    if (reduce == 0) check_complete(cs);
  } catch (const error& e) {
    if (opened.walk.first_missing.empty() || opened.walk.fault) throw;
    throw with_first_missing(e, opened.walk);
  }
  if (opened.walk.fault) throw error(*opened.walk.fault);
  if (opened.walk.by_reduce[reduce].is_complete) return;
  if (cs.damage) throw error(*cs.damage);
  throw with_first_missing(missing_bytes(cs, opened.walk, reduce), opened.walk);
}

void check_depth(const codestream& cs, std::uint32_t reduce) {
  const unsigned bits = max_bit_depth(cs.siz);
  if (reduce > 0 && bits > max_reduced_depth)
    throw error(error_code::unsupported,
                "components of " + std::to_string(bits) +
                    " bits decode at full size only: at reduced sizes up to " +
                    std::to_string(max_reduced_depth) + " bits are exact",
                cs.siz.offset);
}

constexpr const char* one_by_one = "; decode_components gives the components one by one";

void check_signs(const image_size& siz) {
  for (const component_size& k : siz.components)
    if (k.is_signed != siz.components.front().is_signed)
      throw error(
          error_code::unsupported,
          std::string("the codestream has signed and unsigned components, which do not fit one array") +
              one_by_one,
          siz.offset);
}

// Which samples make up a pixel is plain where all components begin at the image's first pixel. Elsewhere
// no clause says it.
void check_alignment(const image_size& siz, std::uint32_t reduce) {
  if (has_equal_components(siz)) return;
  const rect image = image_rect(siz, reduce);
  for (std::uint32_t c = 0; c < siz.num_components(); ++c) {
    const rect own = component_rect(siz, c, reduce);
    const component_size& k = siz.components[c];
    if (std::uint64_t{own.x0} * k.dx == image.x0 && std::uint64_t{own.y0} * k.dy == image.y0) continue;
    throw error(error_code::unsupported,
                "at reduce=" + std::to_string(reduce) + " component " + std::to_string(c) + " (subsampled " +
                    std::to_string(k.dx) + " x " + std::to_string(k.dy) +
                    ") does not begin at the first pixel of the image (" + std::to_string(image.x0) + ", " +
                    std::to_string(image.y0) + ")" + one_by_one,
                siz.offset);
  }
}

void append(std::vector<std::uint8_t>& target, byte_span data, std::uint64_t start, std::uint64_t stop) {
  target.insert(target.end(), data.data + start, data.data + stop);
}

// Behind the damage there may be tiles that are not decodable, or not at this size, or take more memory than
// they may: then all there is lost.
std::optional<codestream> parse_beyond_damage(byte_span data, parse_options options, std::uint32_t reduce) {
  options.skip_damaged = true;
  try {
    codestream cs = parse(data, options);
    if (reduce <= max_reduce(cs) && can_decode(cs, reduce, decode_engine::native)) return cs;
  } catch (const error& e) {
    if (e.code() != error_code::limit) throw;
  }
  return std::nullopt;
}

std::uint64_t num_tiles_to_come(const codestream& cs) {
  std::vector<bool> has_begun(cs.siz.num_tiles());
  for (const tile_part& part : cs.tile_parts)
    if (part.header_is_whole) has_begun[part.tile] = true;
  return static_cast<std::uint64_t>(std::count(has_begun.begin(), has_begun.end(), false));
}

// How many bytes there are at least when every tile has begun; 0: not known, or all have.
std::uint64_t least_bytes_of_all_tiles(const codestream& cs) {
  constexpr std::uint64_t least_header = 12 + 2;  // SOT and SOD
  const std::uint64_t to_come = num_tiles_to_come(cs);
  if (to_come == 0 || cs.damage || cs.eoc || cs.range.stop < cs.data.size) return 0;
  std::uint64_t stop = cs.main_header.stop;
  if (!cs.tile_parts.empty()) {
    const tile_part& last = cs.tile_parts.back();
    stop = last.header_is_whole ? last.stop : last.header.start;  // Psot may be 0
  }
  const std::uint64_t least = stop + to_come * least_header;
  return stop != 0 && least > cs.data.size ? least : 0;
}

}  // namespace

std::vector<image_layout> component_layouts_at(const codestream& cs, std::uint32_t reduce) {
  check_reduce(cs, reduce);
  check_depth(cs, reduce);
  std::vector<image_layout> layouts;
  for (std::uint32_t c = 0; c < cs.siz.num_components(); ++c) {
    const rect area = component_rect(cs.siz, c, reduce);
    if (area.is_empty())
      throw error(error_code::unsupported, "the image is empty at reduce=" + std::to_string(reduce),
                  cs.siz.offset);
    const component_size& k = cs.siz.components[c];
    layouts.push_back({decoded_type(k.bit_depth, k.is_signed), area.width(), area.height(), 1});
  }
  return layouts;
}

image_layout layout_at(const codestream& cs, std::uint32_t reduce) {
  const auto components = component_layouts_at(cs, reduce);
  check_signs(cs.siz);
  check_alignment(cs.siz, reduce);
  const rect area = image_rect(cs.siz, reduce);
  image_layout layout;
  layout.type = decoded_type(max_bit_depth(cs.siz), sample_is_signed(components.front().type));
  layout.width = area.width();
  layout.height = area.height();
  layout.components = cs.siz.num_components();
  return layout;
}

open_codestream open_strict(byte_span data, const limits& bounds, std::uint32_t reduce,
                            decode_engine engine) {
  parse_options options;
  options.bounds = bounds;
  // What comes after a reduced decode's last packet is not this call's business: it may be missing
  // altogether.
  options.keep_damaged = reduce > 0;
  open_codestream result;
  result.cs = parse(data, options);
  const codestream& cs = result.cs;
  check_reduce(cs, reduce);
  result.engine = choose_engine(cs, reduce, engine);
  if (result.engine == decode_engine::openjph) check_openjph_memory_limit(cs, bounds);
  result.walk = walk_packets(cs, reduce, result.engine == decode_engine::native);
  require_whole(result, reduce);
  return result;
}

bool serves(const open_codestream& opened, std::uint32_t reduce, decode_engine engine) {
  check_reduce(opened.cs, reduce);
  return choose_engine(opened.cs, reduce, engine) == opened.engine;
}

open_codestream open_damaged(byte_span data, const limits& bounds, std::uint32_t reduce) {
  parse_options options;
  options.bounds = bounds;
  options.keep_damaged = true;
  open_codestream result;
  result.cs = parse(data, options);
  check_reduce(result.cs, reduce);
  result.engine = choose_damaged_engine(result.cs, reduce);
  if (result.engine == decode_engine::native) {
    if (auto beyond = parse_beyond_damage(data, options, reduce)) result.cs = std::move(*beyond);
    result.walk = walk_damaged(result.cs);
  } else {
    check_openjph_memory_limit(result.cs, bounds);
    result.walk = walk_packets(result.cs, 0);
  }
  return result;
}

arrival look_at(byte_span data, const limits& bounds) {
  parse_options options;
  options.bounds = bounds;
  options.keep_damaged = true;
  const codestream cs = parse(data, options);
  choose_engine(cs, 0, decode_engine::automatic);
  arrival result;
  // Before, no resolution is whole. To walk over all packets for each tile that comes would take a time that
  // grows with the square of their number.
  result.bytes_needed = least_bytes_of_all_tiles(cs);
  if (result.bytes_needed != 0) return result;
  const packet_walk walk = walk_packets(cs, 0);
  if (walk.fault) throw error(*walk.fault);
  if (cs.damage) throw error(*cs.damage);
  result.resolutions_complete = walk.resolutions_complete();
  result.bytes_needed = walk.bytes_needed;
  result.is_whole = cs.eoc.has_value();
  if (result.is_whole) {
    check_complete(cs);
    if (!walk.by_reduce[0].is_complete)
      throw error(error_code::codestream,
                  "EOC is there, but not every packet; the first that is missing: " + walk.first_missing,
                  *cs.eoc);
  } else {  // without its EOC the full resolution is not whole
    result.resolutions_complete =
        std::min(result.resolutions_complete, static_cast<std::int32_t>(max_reduce(cs)));
    if (cs.range.stop < cs.data.size) result.bytes_needed = UINT64_MAX;  // its box has ended
  }
  return result;
}

std::uint64_t bytes_used(const codestream& cs, const packet_walk& walk) {
  std::uint64_t stop = cs.main_header.stop;
  for (const std::uint64_t part_stop : walk.part_stops) stop = std::max(stop, part_stop);
  return stop;
}

std::vector<std::uint8_t> whole_packets(const codestream& cs, const packet_walk& walk) {
  std::vector<std::uint8_t> result;
  append(result, cs.data, cs.main_header.start, cs.main_header.stop);
  for (std::size_t i = 0; i < cs.tile_parts.size(); ++i) {
    const tile_part& part = cs.tile_parts[i];
    if (walk.part_stops[i] == 0) continue;
    const std::size_t sot = result.size();
    append(result, cs.data, part.header.start, walk.part_stops[i]);
    store_u32(result.data() + sot + 6, result.size() - sot);
  }
  result.push_back(0xFF);
  result.push_back(0xD9);
  return result;
}

}  // namespace htj2k
