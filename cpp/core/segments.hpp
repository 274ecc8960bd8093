// One function a marker segment: fields in, checked structure out (T.800 Annex A, T.814 Annex A).
#pragma once

#include "core/codestream.hpp"
#include "core/segment.hpp"

namespace htj2k {

image_size parse_siz(segment_reader& in);
capabilities parse_cap(segment_reader& in);
coding_defaults parse_cod(segment_reader& in, std::uint16_t rsiz);
// `component` is returned beside the style; `defaults` gives the levels of a style that follows a DFS
// segment.
std::uint16_t parse_coc(segment_reader& in, const image_size& siz, const coding_defaults* defaults,
                        coding_style& style);
quantization parse_qcd(segment_reader& in);
std::uint16_t parse_qcc(segment_reader& in, const image_size& siz, quantization& out);
std::uint16_t parse_rgn(segment_reader& in, const image_size& siz, region_of_interest& out);
void parse_poc(segment_reader& in, const image_size& siz, std::vector<progression_change>& out);
std::uint16_t parse_nlt(segment_reader& in, const image_size& siz, nonlinearity& out);
comment parse_com(segment_reader& in);
void check_crg(segment_reader& in, const image_size& siz);
// PPM, PPT, PLM, PLT: an index byte, then bytes that are only noted.
indexed_range parse_indexed(segment_reader& in);
void parse_tlm(segment_reader& in, codestream& cs);

// What only the whole header can tell: missing segments, step counts, the component transform.
void check_parameters(const codestream& cs, std::uint16_t tile, const coding_parameters& own);
void check_main_parameters(const codestream& cs);

}  // namespace htj2k
