// A codestream taken apart into segments and bodies, to be changed and put together again with lengths that
// fit: random bytes alone seldom get past the headers.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/bytes.hpp"
#include "core/marker.hpp"

namespace htj2k::fuzz {

using bytes = std::vector<std::uint8_t>;

struct model_segment {
  std::uint16_t code = 0;
  bytes payload;  // behind the length field
};

struct model_part {
  std::uint16_t tile = 0;
  std::uint8_t index = 0;
  std::uint8_t num_parts = 0;
  std::vector<model_segment> header;  // between SOT and SOD
  bytes body;
};

struct model {
  bytes boxes;  // whatever stands before SOC
  std::vector<model_segment> main;
  std::vector<model_part> parts;

  model_segment* find(std::uint16_t code);
};

// Empty where there is no main header. Cut and damaged streams give what can be read of them.
std::optional<model> take_apart(byte_span data);

// With true Psot, true TLM and an EOC.
bytes put_together(const model& m);

// Makes fields agree that depend on each other: Csiz, precincts and steps with the number of levels, ...
void repair(model& m);

}  // namespace htj2k::fuzz
