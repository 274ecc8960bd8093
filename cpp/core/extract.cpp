#include "core/extract.hpp"

#include <algorithm>
#include <string>

#include "core/marker.hpp"
#include "core/strict.hpp"
#include "core/tile_part_lengths.hpp"

namespace htj2k {
namespace {

using bytes = std::vector<std::uint8_t>;

void put(bytes& out, byte_span data, byte_range range) {
  out.insert(out.end(), data.data + range.start, data.data + range.stop);
}

// Copies segments from `at` to `stop`, without those that `is_left_out`.
template <typename Predicate>
void put_segments(bytes& out, byte_span data, std::uint64_t at, std::uint64_t stop, Predicate is_left_out) {
  while (at < stop) {
    const std::uint16_t code = load_u16(data.data + at);
    const std::uint64_t next = stands_alone(code) ? at + 2 : at + 2 + load_u16(data.data + at + 2);
    if (!is_left_out(code)) put(out, data, {at, next});
    at = next;
  }
}

struct kept_part {
  tile_part part;
  std::uint64_t stop = 0;  // its last packet that is kept ends here
  std::uint8_t parts_of_tile = 0;
};

// The tile-parts up to the last of each tile that has a needed packet; the first of a tile in any case.
std::vector<kept_part> choose_parts(const open_codestream& opened) {
  const auto& parts = opened.cs.tile_parts;
  std::vector<std::uint8_t> count(opened.cs.siz.num_tiles(), 1);
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (opened.walk.part_stops[i] > parts[i].header.stop)
      count[parts[i].tile] = std::max(count[parts[i].tile], static_cast<std::uint8_t>(parts[i].index + 1));
  std::vector<kept_part> kept;
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (parts[i].index < count[parts[i].tile])
      kept.push_back(
          {parts[i], std::max(opened.walk.part_stops[i], parts[i].header.stop), count[parts[i].tile]});
  return kept;
}

// A tile-part with true Psot and TNsot. PLT goes when packets went that it lists.
bytes rebuild(const codestream& cs, const kept_part& kept) {
  bytes out;
  const byte_range header = kept.part.header;
  const bool is_cut = kept.stop < kept.part.stop;
  put(out, cs.data, {header.start, header.start + 12});
  put_segments(out, cs.data, header.start + 12, header.stop,
               [&](std::uint16_t code) { return is_cut && code == PLT; });
  put(out, cs.data, {header.stop, kept.stop});
  store_u32(out.data() + 6, out.size());
  out[11] = kept.parts_of_tile;
  return out;
}

std::vector<tile_part_length> lengths_of(const std::vector<kept_part>& kept,
                                         const std::vector<bytes>& parts) {
  std::vector<tile_part_length> lengths;
  for (std::size_t i = 0; i < parts.size(); ++i)
    lengths.push_back({kept[i].part.tile, static_cast<std::uint32_t>(parts[i].size())});
  return lengths;
}

bytes assemble(const codestream& cs, const std::vector<kept_part>& kept) {
  std::vector<bytes> parts;
  for (const kept_part& k : kept) parts.push_back(rebuild(cs, k));
  bytes out;
  append_u16(out, SOC);
  const std::uint64_t tlm_at = cs.tlm_segments.empty() ? cs.main_header.stop : cs.tlm_segments.front().start;
  const auto is_left_out = [](std::uint16_t code) { return code == TLM || code == PLM; };
  put_segments(out, cs.data, cs.main_header.start + 2, tlm_at, is_left_out);
  if (cs.has_tlm) append_tlm(out, lengths_of(kept, parts));
  put_segments(out, cs.data, tlm_at, cs.main_header.stop, is_left_out);
  for (const bytes& part : parts) out.insert(out.end(), part.begin(), part.end());
  append_u16(out, EOC);
  return out;
}

// They would have to be cut as well, and PPM into other segments.
void refuse_packed_headers(const codestream& cs) {
  const auto refuse = [](const char* segment, std::uint64_t offset) {
    throw error(error_code::unsupported,
                std::string("extracting a resolution of a codestream with packed packet headers (") +
                    segment + ") at byte " + std::to_string(offset) + " is not supported",
                offset);
  };
  if (!cs.main.packed_headers.empty()) refuse("PPM", cs.main.packed_headers.front().range.start);
  for (const auto& [tile, own] : cs.tiles)
    if (!own.packed_headers.empty()) refuse("PPT", own.packed_headers.front().range.start);
}

}  // namespace

std::vector<std::uint8_t> extract_resolution(byte_span data, unsigned reduce, const limits& bounds) {
  const open_codestream opened = open_strict(data, bounds, reduce);
  const codestream& cs = opened.cs;
  if (reduce != 0) refuse_packed_headers(cs);
  if (reduce == 0) return {data.data + cs.range.start, data.data + *cs.eoc + 2};
  return assemble(cs, choose_parts(opened));
}

}  // namespace htj2k
