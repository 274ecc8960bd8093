// The one exception the core throws. The bindings translate it to the Python class of the same name.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace htj2k {

enum class error_code {
  codestream,        // CodestreamError: the bytes break the standard, or the library refused them
  not_htj2k,         // NotHTJ2KError: the bytes are something else, and the message says what
  truncated,         // TruncatedError: bytes are missing at the end
  limit,             // LimitError: larger than the caller allows
  unsupported,       // UnsupportedError: legal, but not decodable here
  invalid_argument,  // ValueError
};

// What a TruncatedError can tell its reader beyond the message.
struct truncation {
  std::uint64_t bytes_present = 0;
  std::uint64_t bytes_needed = 0;         // 0: not known
  std::int32_t resolutions_complete = 0;  // how many resolutions, from the base up, are whole
};

class error : public std::runtime_error {
public:
  error(error_code code, const std::string& message, std::optional<std::uint64_t> offset = std::nullopt)
      : std::runtime_error(message), code_(code), offset_(offset) {}

  error(const std::string& message, const truncation& cut)
      : std::runtime_error(message), code_(error_code::truncated), offset_(cut.bytes_present), cut_(cut) {}

  error_code code() const noexcept { return code_; }
  // Where in the caller's bytes; empty when not known.
  std::optional<std::uint64_t> offset() const noexcept { return offset_; }
  const truncation& cut() const noexcept { return cut_; }

private:
  error_code code_;
  std::optional<std::uint64_t> offset_;
  truncation cut_;
};

}  // namespace htj2k
