#include "core/extract.hpp"

#include <algorithm>
#include <string>

#include "core/completeness.hpp"
#include "core/marker.hpp"
#include "core/parser.hpp"
#include "core/resolutions.hpp"

namespace htj2k {
namespace {

using bytes = std::vector<std::uint8_t>;

void put_u16(bytes& out, std::uint64_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}

void put_u32(bytes& out, std::uint64_t value) {
  put_u16(out, value >> 16);
  put_u16(out, value);
}

void put(bytes& out, byte_span data, byte_range range) {
  out.insert(out.end(), data.data + range.start, data.data + range.stop);
}

// A segment holds at most this many entries of 6 bytes (Lltm has 16 bits).
constexpr std::size_t entries_per_tlm = (65535 - 4) / 6;

void put_tlm(bytes& out, const std::vector<tile_part>& parts) {
  for (std::size_t first = 0; first < parts.size(); first += entries_per_tlm) {
    const std::size_t count = std::min(entries_per_tlm, parts.size() - first);
    put_u16(out, TLM);
    put_u16(out, 4 + 6 * count);
    out.push_back(static_cast<std::uint8_t>(first / entries_per_tlm));
    out.push_back(0x60);  // 16-bit tile index, 32-bit length
    for (std::size_t i = first; i < first + count; ++i) {
      put_u16(out, parts[i].tile);
      put_u32(out, parts[i].stop - parts[i].header.start);
    }
  }
}

// The main header with one fresh TLM in the place of the first, and without PLM.
void put_main_header(bytes& out, const codestream& cs, const std::vector<tile_part>& parts) {
  std::uint64_t at = cs.main_header.start + 2;
  put(out, cs.data, {cs.main_header.start, at});
  bool tlm_is_out = false;
  while (at < cs.main_header.stop) {
    const std::uint16_t code = load_u16(cs.data.data + at);
    const std::uint64_t stop = stands_alone(code) ? at + 2 : at + 2 + load_u16(cs.data.data + at + 2);
    if (code == TLM) {
      if (!tlm_is_out) put_tlm(out, parts);
      tlm_is_out = true;
    } else if (code != PLM) {
      put(out, cs.data, {at, stop});
    }
    at = stop;
  }
}

void put_tile_part(bytes& out, const codestream& cs, const tile_part& part, unsigned parts_of_tile) {
  const std::size_t start = out.size();
  put(out, cs.data, {part.header.start, part.stop});
  bytes fields;
  put_u32(fields, part.stop - part.header.start);
  std::copy(fields.begin(), fields.end(), out.begin() + static_cast<std::ptrdiff_t>(start + 6));
  out[start + 11] = static_cast<std::uint8_t>(parts_of_tile);
}

bytes keep_resolutions(const codestream& cs, unsigned count) {
  if (!cs.main.packed_headers.empty())
    throw error(error_code::unsupported, "extracting from a codestream with packed packet headers (PPM) is not supported",
                cs.main.packed_headers.front().range.start);
  if (!has_tile_part_per_resolution(cs))
    throw error(error_code::unsupported,
                "the resolutions of this codestream are not tile-parts of their own (progression order RLCP or RPCL "
                "with one tile-part a resolution is needed)",
                cs.main_header.stop);
  std::vector<tile_part> parts;
  for (const tile_part& part : cs.tile_parts)
    if (part.index < count) parts.push_back(part);
  bytes out;
  put_main_header(out, cs, parts);
  for (const tile_part& part : parts) put_tile_part(out, cs, part, count);
  put_u16(out, EOC);
  return out;
}

}  // namespace

std::vector<std::uint8_t> extract_resolution(byte_span data, unsigned reduce, const limits& bounds) {
  parse_options options;
  options.bounds = bounds;
  const codestream cs = parse(data, options);
  const unsigned count = num_resolutions(cs);
  if (reduce >= count)
    throw error(error_code::invalid_argument, "reduce is " + std::to_string(reduce) + "; the codestream has " +
                                                  std::to_string(count - 1) + " decomposition levels");
  check_complete(cs, reduce);
  if (reduce == 0) return {data.data + cs.range.start, data.data + *cs.eoc + 2};
  return keep_resolutions(cs, count - reduce);
}

}  // namespace htj2k
