// Marker codes of ITU-T T.800 Table A.2, T.801 (Part 2) and T.814 (Part 15).
#pragma once

#include <cstdint>
#include <string>

namespace htj2k {

enum marker : std::uint16_t {
  SOC = 0xFF4F,
  CAP = 0xFF50,
  SIZ = 0xFF51,
  COD = 0xFF52,
  COC = 0xFF53,
  TLM = 0xFF55,
  PRF = 0xFF56,
  PLM = 0xFF57,
  PLT = 0xFF58,
  CPF = 0xFF59,
  QCD = 0xFF5C,
  QCC = 0xFF5D,
  RGN = 0xFF5E,
  POC = 0xFF5F,
  PPM = 0xFF60,
  PPT = 0xFF61,
  CRG = 0xFF63,
  COM = 0xFF64,
  DFS = 0xFF72,
  ADS = 0xFF73,
  NLT = 0xFF76,
  ATK = 0xFF79,
  SOT = 0xFF90,
  SOP = 0xFF91,
  EPH = 0xFF92,
  SOD = 0xFF93,
  EOC = 0xFFD9,
};

// "COD", or "marker 0xFF6F" for a code without a name.
std::string marker_name(std::uint16_t code);

std::string hex(std::uint64_t value, int digits);

// Markers that stand alone, without a length field (T.800 Table A.1).
inline bool stands_alone(std::uint16_t code) {
  return (code >= 0xFF30 && code <= 0xFF3F) || code == SOC || code == EPH || code == SOD || code == EOC;
}

}  // namespace htj2k
