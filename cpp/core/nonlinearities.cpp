#include "core/nonlinearities.hpp"

#include <string>

namespace htj2k {
namespace {

constexpr std::uint16_t all_components = 65535;
constexpr std::uint8_t no_transform = 0, sign_magnitude = 3;

[[noreturn]] void unsupported(const std::string& what, const nonlinearity& nlt) {
  throw error(error_code::unsupported,
              "a non-linear point transform (NLT) " + what + " at byte " + std::to_string(nlt.offset) +
                  " is not supported",
              nlt.offset);
}

// A component's own segment wins over that of all components.
const nonlinearity* nonlinearity_of(const codestream& cs, std::uint16_t component) {
  auto found = cs.main.nlt.find(component);
  if (found == cs.main.nlt.end()) found = cs.main.nlt.find(all_components);
  return found == cs.main.nlt.end() ? nullptr : &found->second;
}

std::string sample_name(unsigned bit_depth, bool is_signed) {
  return std::string(is_signed ? "signed" : "unsigned") + " samples of " + std::to_string(bit_depth) +
         " bits";
}

void check_component(const component_size& size, std::uint16_t component, const nonlinearity& nlt) {
  if (nlt.bit_depth != size.bit_depth || nlt.is_signed != size.is_signed)
    unsupported("to " + sample_name(nlt.bit_depth, nlt.is_signed) + ", where SIZ has " +
                    sample_name(size.bit_depth, size.is_signed) + " for component " +
                    std::to_string(component) + ",",
                nlt);
  if (nlt.type == sign_magnitude && !size.is_signed)
    unsupported("of type 3 over the unsigned samples of component " + std::to_string(component), nlt);
}

}  // namespace

bool is_sign_magnitude(const codestream& cs, std::uint16_t component) {
  const nonlinearity* const nlt = nonlinearity_of(cs, component);
  return nlt != nullptr && nlt->type == sign_magnitude;
}

void check_nonlinearities(const codestream& cs) {
  for (const auto& [tile, own] : cs.tiles)
    if (!own.nlt.empty())
      unsupported("in the header of tile " + std::to_string(tile), own.nlt.begin()->second);
  if (cs.main.nlt.empty()) return;
  constexpr unsigned announced = 0x8200;  // Rsiz: extensions of Part 2, of which NLT
  if ((cs.siz.rsiz & announced) != announced)
    unsupported("that Rsiz does not announce", cs.main.nlt.begin()->second);
  for (const auto& [component, nlt] : cs.main.nlt)
    if (nlt.type != no_transform && nlt.type != sign_magnitude)
      unsupported("of type " + std::to_string(nlt.type), nlt);
  for (std::uint32_t i = 0; i < cs.siz.num_components(); ++i) {
    const auto c = static_cast<std::uint16_t>(i);
    const nonlinearity* const nlt = nonlinearity_of(cs, c);
    if (nlt != nullptr) check_component(cs.siz.components[c], c, *nlt);
  }
}

}  // namespace htj2k
