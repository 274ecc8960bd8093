#include "core/marker.hpp"

namespace htj2k {

std::string hex(std::uint64_t value, int digits) {
  std::string text = "0x";
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    text += "0123456789ABCDEF"[(value >> shift) & 15];
  return text;
}

std::string marker_name(std::uint16_t code) {
  switch (code) {
    case SOC:
      return "SOC";
    case CAP:
      return "CAP";
    case SIZ:
      return "SIZ";
    case COD:
      return "COD";
    case COC:
      return "COC";
    case TLM:
      return "TLM";
    case PRF:
      return "PRF";
    case PLM:
      return "PLM";
    case PLT:
      return "PLT";
    case CPF:
      return "CPF";
    case QCD:
      return "QCD";
    case QCC:
      return "QCC";
    case RGN:
      return "RGN";
    case POC:
      return "POC";
    case PPM:
      return "PPM";
    case PPT:
      return "PPT";
    case CRG:
      return "CRG";
    case COM:
      return "COM";
    case DFS:
      return "DFS";
    case ADS:
      return "ADS";
    case NLT:
      return "NLT";
    case ATK:
      return "ATK";
    case SOT:
      return "SOT";
    case SOP:
      return "SOP";
    case EPH:
      return "EPH";
    case SOD:
      return "SOD";
    case EOC:
      return "EOC";
    default:
      return "marker " + hex(code, 4);
  }
}

}  // namespace htj2k
