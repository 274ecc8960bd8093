// POC, NLT, COM, CRG, TLM and the segments whose payload is only noted (T.800 A.6.6, A.7, A.9; T.801 A.3.10).
#include "core/segments.hpp"

namespace htj2k {
namespace {

std::uint16_t component_field(segment_reader& in, const image_size& siz, const char* field) {
  return siz.num_components() < 257 ? in.u8(field) : in.u16(field);
}

progression_change parse_change(segment_reader& in, const image_size& siz) {
  progression_change out;
  out.offset = in.start();
  out.resolution_start = in.u8("RSpoc");
  if (out.resolution_start > max_decompositions) in.refuse("RSpoc", out.resolution_start, "expected 0 to 32");
  out.component_start = component_field(in, siz, "CSpoc");
  out.layer_stop = in.u16("LYEpoc");
  if (out.layer_stop == 0) in.refuse("LYEpoc", 0, "expected 1 to 65535");
  out.resolution_stop = in.u8("REpoc");
  if (out.resolution_stop <= out.resolution_start || out.resolution_stop > max_decompositions + 1)
    in.refuse("REpoc", out.resolution_stop, "expected more than RSpoc, at most 33");
  const std::uint16_t stop = component_field(in, siz, "CEpoc");
  out.component_stop = stop == 0 ? (siz.num_components() < 257 ? 256U : 16384U) : stop;
  if (out.component_stop <= out.component_start) in.refuse("CEpoc", stop, "expected more than CSpoc");
  out.order = in.u8("progression order (Ppoc)");
  if (out.order > 4) in.refuse("progression order (Ppoc)", out.order, "expected 0 (LRCP) to 4 (CPRL)");
  return out;
}

}  // namespace

void parse_poc(segment_reader& in, const image_size& siz, std::vector<progression_change>& out) {
  if (in.left() == 0) in.refuse("it holds no progression order change");
  while (in.left() != 0) out.push_back(parse_change(in, siz));
}

std::uint16_t parse_nlt(segment_reader& in, const image_size& siz, nonlinearity& out) {
  out.offset = in.start();
  const std::uint16_t component = in.u16("component index (Cnlt)");
  if (component != 65535 && component >= siz.num_components())
    in.refuse("component index (Cnlt)", component,
              "the codestream has " + std::to_string(siz.num_components()) + " components");
  const std::uint8_t depth = in.u8("bit depth (BDnlt)");
  out.is_signed = (depth & 0x80) != 0;
  out.bit_depth = static_cast<std::uint8_t>((depth & 0x7F) + 1);
  if (out.bit_depth > 38) in.refuse("bit depth (BDnlt)", out.bit_depth, "expected 1 to 38 bits");
  out.type = in.u8("type (Tnlt)");
  if (out.type > 4) in.refuse("type (Tnlt)", out.type, "expected 0 to 4");
  if ((out.type == 0 || out.type == 3) && in.left() != 0)
    in.refuse("type " + std::to_string(out.type) + " has no parameters, but " + std::to_string(in.left()) +
              " bytes follow");
  return component;
}

comment parse_com(segment_reader& in) {
  comment out;
  out.registration = in.u16("registration (Rcom)");
  out.text = in.rest();
  return out;
}

void check_crg(segment_reader& in, const image_size& siz) {
  if (in.left() != 4U * siz.num_components())
    in.refuse("it holds " + std::to_string(in.left()) + " bytes of offsets; " +
              std::to_string(siz.num_components()) + " components need 4 each");
}

indexed_range parse_indexed(segment_reader& in) {
  indexed_range out;
  out.index = in.u8("index (Z)");
  out.range = in.rest();
  return out;
}

void parse_tlm(segment_reader& in, codestream& cs) {
  cs.has_tlm = true;
  const std::uint8_t index = in.u8("index (Ztlm)");
  if (index != cs.tlm_segments.size()) cs.tlm_is_readable = false;  // the order of the others is not known
  const std::uint8_t stlm = in.u8("size of the fields (Stlm)");
  const unsigned st = (stlm >> 4) & 3U;
  if (st == 3 || (stlm & 0x8F) != 0)
    in.refuse("size of the fields (Stlm)", stlm, "expected ST 0 to 2 in bits 4 and 5, SP in bit 6");
  const unsigned length_width = (stlm & 0x40) != 0 ? 4 : 2;
  if (in.left() % (st + length_width) != 0) in.refuse("half an entry is left over at its end");
  cs.tlm_segments.push_back({in.start(), in.rest().stop});
  while (in.left() != 0) {
    tile_part_length entry;
    entry.tile = st == 0   ? static_cast<std::uint16_t>(cs.tlm.size())
                 : st == 1 ? in.u8("tile index (Ttlm)")
                           : in.u16("tile index (Ttlm)");
    entry.length = length_width == 2 ? in.u16("length (Ptlm)") : in.u32("length (Ptlm)");
    cs.tlm.push_back(entry);
  }
}

}  // namespace htj2k
