#include "core/segment.hpp"

namespace htj2k {

std::uint16_t segment_reader::component_index(std::uint32_t num_components, const char* field) {
  const std::uint16_t index = num_components < 257 ? u8(field) : u16(field);
  if (index >= num_components)
    refuse(field, index, "the codestream has " + std::to_string(num_components) + " components");
  return index;
}

void segment_reader::expect_end() const {
  if (left() != 0)
    refuse("its length is " + std::to_string(stop_ - start_ - 2) + ", " + std::to_string(left()) +
           " more than its fields need");
}

void segment_reader::refuse(const char* field, std::uint64_t value, const std::string& rule) const {
  throw error(error_code::codestream,
              marker_name(code_) + " at byte " + std::to_string(start_) + ": " + field + " is " +
                  std::to_string(value) + "; " + rule,
              field_);
}

void segment_reader::refuse(const std::string& what) const {
  throw error(error_code::codestream, marker_name(code_) + " at byte " + std::to_string(start_) + ": " + what,
              start_);
}

void segment_reader::too_short(const char* field) const {
  refuse("its length is " + std::to_string(stop_ - start_ - 2) + ", too short for the field " + field);
}

std::uint16_t segment_length(byte_span data, std::uint16_t code, std::uint64_t start) {
  const std::uint16_t length = load_u16(data.data + start + 2);
  if (length < 2)
    throw error(error_code::codestream,
                marker_name(code) + " at byte " + std::to_string(start) + ": its length is " +
                    std::to_string(length) + "; the length field counts itself, so 2 is the least",
                start + 2);
  return length;
}

}  // namespace htj2k
