#include "core/codestream.hpp"

#include <algorithm>

namespace htj2k {
namespace {

const coding_parameters* parameters_of(const codestream& cs, std::uint16_t tile) {
  const auto found = cs.tiles.find(tile);
  return found == cs.tiles.end() ? nullptr : &found->second;
}

template <typename Value>
const Value* find(const std::map<std::uint16_t, Value>& map, std::uint16_t key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace

unsigned max_bit_depth(const image_size& siz) {
  unsigned bits = 0;
  for (const component_size& k : siz.components) bits = std::max<unsigned>(bits, k.bit_depth);
  return bits;
}

unsigned quantization::exponent(unsigned r, unsigned band) const {
  if (style != quantization_style::derived) return exponent(r == 0 ? 0 : 3 * (r - 1) + 1 + band);
  return exponent(0) - std::min(exponent(0), r == 0 ? 0 : r - 1);
}

unsigned quantization::mantissa(unsigned r, unsigned band) const {
  return mantissa(style == quantization_style::derived || r == 0 ? 0 : 3 * (r - 1) + 1 + band);
}

unsigned magnitude_bits(const quantization& steps) {
  unsigned largest = 0;
  for (unsigned b = 0; b < steps.num_steps; ++b) largest = std::max(largest, steps.exponent(b));
  return steps.guard_bits + (largest == 0 ? 0 : largest - 1);
}

unsigned roi_shift_of(const codestream& cs, std::uint16_t tile, std::uint16_t component) {
  const coding_parameters* own = parameters_of(cs, tile);
  const region_of_interest* rgn = own ? find(own->rgn, component) : nullptr;
  if (rgn == nullptr) rgn = find(cs.main.rgn, component);
  return rgn ? rgn->shift : 0;
}

const std::vector<progression_change>& progression_changes_of(const codestream& cs, std::uint16_t tile) {
  const coding_parameters* own = parameters_of(cs, tile);
  return own && !own->poc.empty() ? own->poc : cs.main.poc;
}

const coding_defaults& defaults_of(const codestream& cs, std::uint16_t tile) {
  const coding_parameters* own = parameters_of(cs, tile);
  return own && own->cod ? *own->cod : *cs.main.cod;
}

const coding_style& style_of(const codestream& cs, std::uint16_t component) {
  const coding_style* coc = find(cs.main.coc, component);
  return coc ? *coc : cs.main.cod->style;
}

const coding_style& style_of(const codestream& cs, std::uint16_t tile, std::uint16_t component) {
  const coding_parameters* own = parameters_of(cs, tile);
  if (own) {
    if (const coding_style* coc = find(own->coc, component)) return *coc;
    if (own->cod) return own->cod->style;
  }
  return style_of(cs, component);
}

const quantization& quantization_of(const codestream& cs, std::uint16_t component) {
  const quantization* qcc = find(cs.main.qcc, component);
  return qcc ? *qcc : *cs.main.qcd;
}

const quantization& quantization_of(const codestream& cs, std::uint16_t tile, std::uint16_t component) {
  const coding_parameters* own = parameters_of(cs, tile);
  if (own) {
    if (const quantization* qcc = find(own->qcc, component)) return *qcc;
    if (own->qcd) return *own->qcd;
  }
  return quantization_of(cs, component);
}

}  // namespace htj2k
