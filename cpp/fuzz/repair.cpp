#include <algorithm>

#include "fuzz/model.hpp"

namespace htj2k::fuzz {
namespace {

// Offsets in payloads (T.800 Tables A.9, A.14, A.20, A.27).
constexpr std::size_t siz_components = 36;
constexpr std::size_t siz_count = 34;
constexpr std::size_t cod_levels = 5;
constexpr std::size_t cod_block_style = 8;
constexpr std::size_t cod_wavelet = 9;
constexpr std::size_t cod_precincts = 10;
constexpr std::uint8_t most_levels = 32;

std::uint8_t at(const bytes& payload, std::size_t i) {
  return i < payload.size() ? payload[i] : std::uint8_t{0};
}

void repair_siz(bytes& siz) {
  siz.resize(std::max(siz.size(), siz_components + 3), 1);
  siz.resize(siz_components + (siz.size() - siz_components) / 3 * 3);
  siz[0] |= 0x40;  // Rsiz: Part 15
  const std::size_t count = (siz.size() - siz_components) / 3;
  siz[siz_count] = static_cast<std::uint8_t>(count >> 8);
  siz[siz_count + 1] = static_cast<std::uint8_t>(count);
}

// COD, and COC from where its style begins.
void repair_style(bytes& payload, bool has_precincts, std::size_t levels_at) {
  payload.resize(std::max(payload.size(), levels_at + 5), 1);
  auto& levels = payload[levels_at];
  levels = std::min(levels, most_levels);
  payload[levels_at + 3] = static_cast<std::uint8_t>((payload[levels_at + 3] & 0x48) | 0x40);
  payload[levels_at + 4] &= 1;
  payload.resize(levels_at + 5 + (has_precincts ? levels + 1U : 0U), 0x88);
}

// Sqcd or Sqcc stands at `style_at`. One step a subband: 8 bits for the 5/3, 16 for the 9/7 transform.
void repair_steps(bytes& payload, std::size_t style_at, std::uint8_t levels, bool reversible) {
  payload.resize(std::max(payload.size(), style_at + 1), 0x20);
  auto& style = payload[style_at];
  style = static_cast<std::uint8_t>((style & 0xE0) | (reversible ? 0 : 2));
  payload.resize(style_at + 1 + (3U * levels + 1U) * (reversible ? 1 : 2), 0x48);
}

}  // namespace

void repair(model& m) {
  model_segment* siz = m.find(SIZ);
  model_segment* cod = m.find(COD);
  if (siz != nullptr) repair_siz(siz->payload);
  if (cod == nullptr) return;
  repair_style(cod->payload, (at(cod->payload, 0) & 1) != 0, cod_levels);
  static_assert(cod_precincts == cod_levels + 5 && cod_block_style == cod_levels + 3);
  const std::uint8_t levels = at(cod->payload, cod_levels);
  const bool reversible = at(cod->payload, cod_wavelet) == 1;
  const std::size_t index = siz != nullptr && siz->payload.size() > siz_components + 3 * 256U ? 2 : 1;
  for (auto& segment : m.main) {
    if (segment.code == COC) repair_style(segment.payload, (at(segment.payload, index) & 1) != 0, index + 1);
    if (segment.code == QCD) repair_steps(segment.payload, 0, levels, reversible);
    if (segment.code == QCC) repair_steps(segment.payload, index, levels, reversible);
  }
}

}  // namespace htj2k::fuzz
