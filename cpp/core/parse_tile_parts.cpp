// The walk over the tile-parts: SOT, tile-part header, SOD, and a jump over the body (T.800 A.4.2, A.3).
//
// The walk ends quietly where the data end; check_complete says later whether that was too early.
#include <algorithm>
#include <cstring>
#include <iterator>

#include "core/parser.hpp"
#include "core/segments.hpp"

namespace htj2k {
namespace {

struct tile_state {
  std::uint16_t next_part = 0;
  std::uint8_t num_parts = 0;
  bool is_ambiguous = false;  // two tile-parts claim one place
};

class walker {
public:
  explicit walker(codestream& cs)
      : cs_(cs), position_(cs.main_header.stop), end_(cs.range.stop), tiles_(cs.siz.num_tiles()) {}

  void walk() {
    while (has(2) && read_next()) position_ = cs_.tile_parts.back().stop;
  }

  // The damage of a tile-part is that of its tile alone.
  void salvage() {
    bool goes_on = true;
    while (goes_on && has(2)) {
      const std::uint64_t start = position_;
      try {
        goes_on = read_next(true);
        if (goes_on) position_ = cs_.tile_parts.back().stop;
      } catch (const error& e) {
        if (!cs_.damage) cs_.damage = e;
        leave_out(start);
        read_in_vain_ += position_ - start;
        goes_on = read_in_vain_ <= most_in_vain * cs_.range.size();
        position_ = find_tile_part(start + 1);
      }
    }
    leave_out_ambiguous_tiles();
  }

private:
  // What a damaged header spans is searched for further tile-parts, each of which may span as much. Of real
  // ones few are damaged, and none is long.
  static constexpr std::uint64_t most_in_vain = 16;

  // False at the end: of the codestream or of the data.
  bool read_next(bool is_salvage = false) {
    code_ = load_u16(cs_.data.data + position_);
    if (code_ == EOC) {
      cs_.eoc = position_;
      return false;
    }
    if (code_ != SOT)
      throw error(error_code::codestream, "expected SOT or EOC, found " + hex(code_, 4), position_);
    if (!has(12)) return false;
    read_tile_part();
    if (is_salvage) check_end(cs_.tile_parts.back());
    return cs_.tile_parts.back().is_whole;
  }

  // The tile-part at `start` and what its header said. Later ones of the tile then have the wrong index.
  void leave_out(std::uint64_t start) {
    if (cs_.tile_parts.empty() || cs_.tile_parts.back().header.start != start) return;
    const tile_part& part = cs_.tile_parts.back();
    if (part.index == 0)
      cs_.tiles.erase(part.tile);
    else if (const auto own = cs_.tiles.find(part.tile); own != cs_.tiles.end())
      forget_from(start, own->second);
    forget_from(start, cs_.comments);
    forget_from(start, cs_.others);
    --tiles_[part.tile].next_part;
    cs_.packet_lengths.erase(static_cast<std::uint32_t>(cs_.tile_parts.size() - 1));
    cs_.tile_parts.pop_back();
  }

  static std::uint64_t start_of(const comment& segment) { return segment.text.start; }
  static std::uint64_t start_of(const other_segment& segment) { return segment.range.start; }
  static std::uint64_t start_of(const indexed_range& segment) { return segment.range.start; }
  static std::uint64_t start_of(const progression_change& change) { return change.offset; }

  template <typename Segment>
  static void forget_from(std::uint64_t start, std::vector<Segment>& segments) {
    while (!segments.empty() && start_of(segments.back()) >= start) segments.pop_back();
  }

  // What a later tile-part may say of its tile.
  static void forget_from(std::uint64_t start, coding_parameters& own) {
    forget_from(start, own.poc);
    forget_from(start, own.packed_headers);
    for (auto nlt = own.nlt.begin(); nlt != own.nlt.end();)
      nlt = nlt->second.offset >= start ? own.nlt.erase(nlt) : std::next(nlt);
  }

  void leave_out_ambiguous_tiles() {
    const auto is_ambiguous = [&](const tile_part& part) { return tiles_[part.tile].is_ambiguous; };
    const auto stop = std::remove_if(cs_.tile_parts.begin(), cs_.tile_parts.end(), is_ambiguous);
    if (stop != cs_.tile_parts.end()) cs_.packet_lengths.clear();  // they count tile-parts
    cs_.tile_parts.erase(stop, cs_.tile_parts.end());
  }

  // Psot is right if a marker follows. If not, the first marker inside tells the end: packets hold none.
  void check_end(tile_part& part) {
    if (!part.header_is_whole || part.length_is_open) return;
    const auto is_end = [&](std::uint64_t at) {
      return at + 2 > end_ || is_sot(at) || load_u16(cs_.data.data + at) == EOC;
    };
    if (part.is_whole && is_end(part.stop)) return;
    const std::uint64_t found = find_marker(part.header.stop);
    if (found + 2 > end_ || found >= part.stop) return;
    if (!cs_.damage)
      cs_.damage =
          error(error_code::codestream,
                "SOT at byte " + std::to_string(part.header.start) + ": Psot ends the tile-part at byte " +
                    std::to_string(part.stop) + ", behind the marker at byte " + std::to_string(found),
                part.header.start + 6);
    part.stop = found;
    part.is_whole = true;
  }

  // The next SOT or EOC, which packets cannot hold (T.800 A.1.3, B.10.1); the end of the data if there is
  // none.
  std::uint64_t find_marker(std::uint64_t at) const {
    const std::uint8_t* const begin = cs_.data.data;
    for (; at + 1 < end_; ++at) {
      const void* hit = std::memchr(begin + at, 0xFF, static_cast<std::size_t>(end_ - 1 - at));
      if (hit == nullptr) return end_;
      at = static_cast<std::uint64_t>(static_cast<const std::uint8_t*>(hit) - begin);
      if (begin[at + 1] == (SOT & 0xFF) || begin[at + 1] == (EOC & 0xFF)) return at;
    }
    return end_;
  }

  std::uint64_t find_tile_part(std::uint64_t at) const {
    at = find_marker(at);
    while (at != end_ && load_u16(cs_.data.data + at) == SOT && !is_sot(at)) at = find_marker(at + 2);
    return at;
  }

  bool is_sot(std::uint64_t at) const {
    return holds({cs_.data.data, end_}, at, 4) && load_u32(cs_.data.data + at) == 0xFF90000A;
  }

  bool has(std::uint64_t count) const { return holds({cs_.data.data, end_}, position_, count); }

  void read_tile_part() {
    tile_part part;
    part.header.start = position_;
    read_sot(part);
    part.header.stop = position_;  // until more of it has been read: what follows may throw
    cs_.tile_parts.push_back(part);
    ++tiles_[part.tile].next_part;
    tile_part& kept = cs_.tile_parts.back();
    if (!read_header(kept)) {
      kept.header.stop = end_;
      return;
    }
    kept.header.stop = position_;
    kept.header_is_whole = true;
    if (kept.length_is_open) find_end(kept);
    if (kept.stop != 0 && kept.stop < position_)
      throw error(error_code::codestream,
                  "SOT at byte " + std::to_string(kept.header.start) + ": Psot ends the tile-part at byte " +
                      std::to_string(kept.stop) + ", inside its own header, which ends at byte " +
                      std::to_string(position_),
                  kept.header.start + 6);
    kept.is_whole = kept.stop != 0 && kept.stop <= end_;
  }

  void read_sot(tile_part& part) {
    if (load_u16(cs_.data.data + position_ + 2) != 10)
      throw error(error_code::codestream,
                  "SOT at byte " + std::to_string(position_) + ": its length is not 10", position_ + 2);
    segment_reader in(cs_.data, SOT, position_, position_ + 12);
    part.tile = in.u16("tile index (Isot)");
    if (part.tile >= tiles_.size())
      in.refuse("tile index (Isot)", part.tile, "the image has " + std::to_string(tiles_.size()) + " tiles");
    const std::uint32_t psot = in.u32("length (Psot)");
    if (psot != 0 && psot < 14) in.refuse("length (Psot)", psot, "expected 0, or at least 14");
    part.length_is_open = psot == 0;
    part.stop = psot == 0 ? 0 : position_ + psot;
    read_part_index(in, part);
    position_ += 12;
  }

  void read_part_index(segment_reader& in, tile_part& part) {
    tile_state& tile = tiles_[part.tile];
    part.index = in.u8("tile-part index (TPsot)");
    if (part.index < tile.next_part) tile.is_ambiguous = true;
    if (part.index == 255) in.refuse("tile-part index (TPsot)", part.index, "expected 0 to 254");
    if (part.index != tile.next_part)
      in.refuse("tile-part index (TPsot)", part.index,
                "the next tile-part of tile " + std::to_string(part.tile) + " is " +
                    std::to_string(tile.next_part));
    part.num_parts = in.u8("number of tile-parts (TNsot)");
    if (part.num_parts == 0) return;
    if (tile.num_parts != 0 && part.num_parts != tile.num_parts)
      in.refuse("number of tile-parts (TNsot)", part.num_parts,
                "an earlier tile-part of tile " + std::to_string(part.tile) + " said " +
                    std::to_string(tile.num_parts));
    if (part.index >= part.num_parts)
      in.refuse("number of tile-parts (TNsot)", part.num_parts,
                "this is tile-part " + std::to_string(part.index) + ", counted from 0");
    tile.num_parts = part.num_parts;
  }

  // False when the data end before SOD.
  bool read_header(const tile_part& part) {
    while (has(2)) {
      code_ = load_u16(cs_.data.data + position_);
      if (code_ == SOD) {
        position_ += 2;
        check_tile(part);
        return true;
      }
      check_place(part);
      if (stands_alone(code_)) {
        position_ += 2;
        continue;
      }
      if (!has(4)) return false;
      const std::uint64_t start = position_;
      const std::uint16_t length = segment_length(cs_.data, code_, position_);
      if (!has(2U + length)) return false;
      position_ += 2U + length;
      segment_reader in(cs_.data, code_, start, position_);
      dispatch(in, part);
    }
    return false;
  }

  void check_place(const tile_part& part) const {
    const bool later_only_first =
        code_ == COD || code_ == COC || code_ == QCD || code_ == QCC || code_ == RGN;
    if (later_only_first && part.index != 0)
      throw error(error_code::codestream,
                  marker_name(code_) + " belongs into the first tile-part of a tile, this is tile-part " +
                      std::to_string(part.index),
                  position_);
    const bool is_marker = (code_ >> 8) == 0xFF && code_ >= 0xFF01 && code_ != 0xFFFF;
    const bool is_main = code_ == SIZ || code_ == CAP || code_ == TLM || code_ == PLM || code_ == PPM ||
                         code_ == CRG || code_ == PRF || code_ == CPF;
    const bool is_other = code_ == SOC || code_ == SOT || code_ == EOC || code_ == SOP || code_ == EPH;
    if (!is_marker || is_main || is_other)
      throw error(error_code::codestream,
                  (is_marker ? marker_name(code_) : "found " + hex(code_, 4) + ", which") +
                      " does not belong into a tile-part header",
                  position_);
  }

  coding_parameters& own(const tile_part& part) { return cs_.tiles[part.tile]; }

  template <typename Value>
  void add(const segment_reader& in, std::map<std::uint16_t, Value>& map, std::uint16_t c,
           const Value& value) {
    if (!map.emplace(c, value).second) in.refuse("a second one for component " + std::to_string(c));
  }

  void dispatch(segment_reader& in, const tile_part& part) {
    switch (in.code()) {
      case COD:
        if (own(part).cod) in.refuse("only one is allowed in a tile");
        own(part).cod = parse_cod(in, cs_.siz.rsiz);
        break;
      case COC: {
        coding_style style;
        const coding_defaults& defaults = defaults_of(cs_, part.tile);
        const auto c = parse_coc(in, cs_.siz, &defaults, style);
        add(in, own(part).coc, c, style);
        break;
      }
      case QCD:
        if (own(part).qcd) in.refuse("only one is allowed in a tile");
        own(part).qcd = parse_qcd(in);
        break;
      case QCC: {
        quantization steps;
        const auto c = parse_qcc(in, cs_.siz, steps);
        add(in, own(part).qcc, c, steps);
        break;
      }
      case RGN: {
        region_of_interest rgn;
        const auto c = parse_rgn(in, cs_.siz, rgn);
        add(in, own(part).rgn, c, rgn);
        break;
      }
      case POC:
        parse_poc(in, cs_.siz, own(part).poc);
        break;
      case NLT: {
        nonlinearity nlt;
        const auto c = parse_nlt(in, cs_.siz, nlt);
        add(in, own(part).nlt, c, nlt);
        break;
      }
      case PPT:
        own(part).packed_headers.push_back(parse_indexed(in));
        break;
      case PLT:
        note_packet_lengths(in);
        break;
      case COM:
        cs_.comments.push_back(parse_com(in));
        break;
      default:
        cs_.others.push_back({in.code(), {in.start(), in.rest().stop}});
    }
  }

  void note_packet_lengths(segment_reader& in) {
    const auto index = static_cast<std::uint32_t>(cs_.tile_parts.size() - 1);
    cs_.packet_lengths[index].push_back(parse_indexed(in));
  }

  void check_tile(const tile_part& part) const {
    if (part.index != 0) return;
    const auto found = cs_.tiles.find(part.tile);
    if (found != cs_.tiles.end()) check_parameters(cs_, part.tile, found->second);
  }

  // Psot 0: the first marker ends the tile-part. Searching from the front, not from the back, leaves bytes
  // after EOC out whatever they are.
  void find_end(tile_part& part) const {
    const std::uint64_t at = find_marker(position_);
    if (at == end_) return;
    if (load_u16(cs_.data.data + at) == SOT)
      throw error(error_code::codestream,
                  "SOT at byte " + std::to_string(part.header.start) +
                      ": Psot is 0, which only the last tile-part may have, but one follows at byte " +
                      std::to_string(at),
                  part.header.start + 6);
    part.stop = at;
  }

  codestream& cs_;
  std::uint64_t position_;
  std::uint64_t end_;
  std::vector<tile_state> tiles_;
  std::uint16_t code_ = 0;
  std::uint64_t read_in_vain_ = 0;
};

}  // namespace

void walk_tile_parts(codestream& cs) { walker(cs).walk(); }

void salvage_tile_parts(codestream& cs) {
  // PPM tells its headers from each other by counting tile-parts: one that is left out would shift them.
  if (cs.main.packed_headers.empty()) return walker(cs).salvage();
  try {
    walker(cs).walk();
  } catch (const error& e) {
    cs.damage = e;
  }
}

}  // namespace htj2k
