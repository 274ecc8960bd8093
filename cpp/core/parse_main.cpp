// The main header: SOC, SIZ, then segments in any order up to the first SOT (T.800 A.2, Figure A.3).
#include "core/parser.hpp"
#include "core/segments.hpp"

namespace htj2k {
namespace {

[[noreturn]] void cut(const codestream& cs, std::uint64_t needed) {
  truncation t;
  t.bytes_present = cs.data.size;
  const bool in_whole_box = cs.range.stop < cs.data.size;
  t.bytes_needed = in_whole_box ? 0 : needed;
  throw error(std::string("the main header is cut: the ") +
                  (in_whole_box ? "box around it ends" : "data end") + " at byte " +
                  std::to_string(cs.range.stop) + ", at least " + std::to_string(needed) + " are needed",
              t);
}

const char* jpeg2000_part(std::uint16_t rsiz) { return (rsiz & 0x8000) != 0 ? "Part 2" : "Part 1"; }

[[noreturn]] void refuse_part1(const codestream& cs, const std::string& why) {
  throw error(error_code::not_htj2k,
              std::string("this is JPEG 2000 ") + jpeg2000_part(cs.siz.rsiz) + ", not HTJ2K (" + why +
                  "); decode it with an OpenJPEG-based decoder",
              cs.siz.offset);
}

class main_header {
public:
  explicit main_header(codestream& cs) : cs_(cs), position_(cs.range.start + 2) {}

  void parse(const limits& bounds) {
    if (next_code() != SIZ)
      throw error(error_code::codestream, "SIZ must follow SOC, found " + marker_name(code_), position_);
    auto in = segment();
    cs_.siz = parse_siz(in);
    if ((cs_.siz.rsiz & 0x4000) == 0)
      refuse_part1(cs_, "Rsiz is " + hex(cs_.siz.rsiz, 4) + ": bit 14, which announces Part 15, is not set");
    check_size_limits(cs_, bounds);
    while (next_code() != SOT) read_segment();
    cs_.main_header = {cs_.range.start, position_};
  }

private:
  std::uint16_t next_code() {
    if (!holds(available(), position_, 2)) cut(cs_, position_ + 2);
    code_ = load_u16(cs_.data.data + position_);
    return code_;
  }

  byte_span available() const { return {cs_.data.data, cs_.range.stop}; }

  // The segment at position_, which then moves behind it.
  segment_reader segment() {
    if (!holds(available(), position_, 4)) cut(cs_, position_ + 4);
    const std::uint16_t length = segment_length(cs_.data, code_, position_);
    if (!holds(available(), position_, 2U + length)) cut(cs_, position_ + 2U + length);
    const std::uint64_t start = position_;
    position_ += 2U + length;
    return {cs_.data, code_, start, position_};
  }

  void read_segment() {
    if ((code_ >> 8) != 0xFF || code_ == 0xFFFF || code_ == 0xFF00)
      throw error(error_code::codestream, "expected a marker in the main header, found " + hex(code_, 4),
                  position_);
    if (is_misplaced())
      throw error(error_code::codestream, marker_name(code_) + " does not belong into the main header",
                  position_);
    if (stands_alone(code_)) {
      position_ += 2;
      return;
    }
    auto in = segment();
    dispatch(in);
  }

  bool is_misplaced() const {
    return code_ == SOC || code_ == SOD || code_ == EOC || code_ == SOP || code_ == EPH || code_ == PPT ||
           code_ == PLT;
  }

  void once(const segment_reader& in, bool is_there) const {
    if (is_there) in.refuse("only one is allowed in the main header");
  }

  template <typename Value>
  void add(const segment_reader& in, std::map<std::uint16_t, Value>& map, std::uint16_t component,
           const Value& value) {
    if (!map.emplace(component, value).second)
      in.refuse("a second one for component " + std::to_string(component));
  }

  void dispatch(segment_reader& in) {
    switch (in.code()) {
      case SIZ:
        once(in, true);
        break;
      case CAP:
        once(in, cs_.cap.has_value());
        cs_.cap = parse_cap(in);
        break;
      case COD:
        once(in, cs_.main.cod.has_value());
        cs_.main.cod = parse_cod(in, cs_.siz.rsiz);
        break;
      case COC:
        read_coc(in);
        break;
      case QCD:
        once(in, cs_.main.qcd.has_value());
        cs_.main.qcd = parse_qcd(in);
        break;
      case QCC:
        read_qcc(in);
        break;
      case RGN:
        read_rgn(in);
        break;
      case POC:
        once(in, !cs_.main.poc.empty());
        parse_poc(in, cs_.siz, cs_.main.poc);
        break;
      case NLT:
        read_nlt(in);
        break;
      case PPM:
        cs_.main.packed_headers.push_back(parse_indexed(in));
        break;
      case TLM:
        parse_tlm(in, cs_);
        break;
      case PLM:
        cs_.plm_segments.push_back({in.start(), in.rest().stop});
        break;
      case COM:
        cs_.comments.push_back(parse_com(in));
        break;
      case CRG:
        once(in, has_crg_);
        has_crg_ = true;
        check_crg(in, cs_.siz);
        break;
      default:
        note(in);
    }
  }

  void read_coc(segment_reader& in) {
    coding_style style;
    const auto c = parse_coc(in, cs_.siz, cs_.main.cod ? &*cs_.main.cod : nullptr, style);
    add(in, cs_.main.coc, c, style);
  }

  void read_qcc(segment_reader& in) {
    quantization steps;
    const auto c = parse_qcc(in, cs_.siz, steps);
    add(in, cs_.main.qcc, c, steps);
  }

  void read_rgn(segment_reader& in) {
    region_of_interest rgn;
    const auto c = parse_rgn(in, cs_.siz, rgn);
    add(in, cs_.main.rgn, c, rgn);
  }

  void read_nlt(segment_reader& in) {
    nonlinearity nlt;
    const auto c = parse_nlt(in, cs_.siz, nlt);
    add(in, cs_.main.nlt, c, nlt);
  }

  void note(segment_reader& in) {
    other_segment other;
    other.code = in.code();
    other.range = {in.start(), in.rest().stop};
    if (other.code == ATK) cs_.kernels.set(in.u16("Satk") & 0xFF);
    cs_.others.push_back(other);
  }

  codestream& cs_;
  std::uint64_t position_;
  std::uint16_t code_ = 0;
  bool has_crg_ = false;
};

bool any_ht(const codestream& cs) {
  if (cs.main.cod->style.is_ht()) return true;
  for (const auto& [component, style] : cs.main.coc)
    if (style.is_ht()) return true;
  return false;
}

void check_is_ht(const codestream& cs) {
  const bool announced = cs.cap && (cs.cap->pcap & 0x20000U) != 0;
  if (!any_ht(cs)) {
    // Only what CAP says may have both kinds can still turn to HT blocks inside its tiles.
    if (announced && (cs.cap->blocks() == ht_set::ht_declared || cs.cap->blocks() == ht_set::mixed)) return;
    refuse_part1(cs, "its code-block style is " + hex(cs.main.cod->style.block_style, 2) +
                         ": bit 6, which announces HT code-blocks, is not set");
  }
  if (!announced)
    throw error(
        error_code::codestream,
        "the code-blocks are HT, but no CAP segment announces Part 15 (Pcap bit 15), which is required",
        cs.main.cod->style.offset);
}

}  // namespace

void parse_main_header(codestream& cs, const limits& bounds) {
  main_header(cs).parse(bounds);
  check_main_parameters(cs);
  check_is_ht(cs);
  for (std::uint32_t c = 0; c < (cs.main.coc.empty() ? 1U : cs.siz.num_components()); ++c) {
    const coding_style& style = style_of(cs, static_cast<std::uint16_t>(c));
    if (style.num_decompositions > bounds.max_decompositions)
      throw error(error_code::limit,
                  "component " + std::to_string(c) + " has " + std::to_string(style.num_decompositions) +
                      " decomposition levels, more than max_decompositions = " +
                      std::to_string(bounds.max_decompositions),
                  style.offset);
  }
}

}  // namespace htj2k
