// The kernels for any CPU: what the compiler makes of plain loops with its default flags.
#include <cstring>
#include <type_traits>

#include "kernels/crc32.hpp"
#include "kernels/implementations.hpp"

namespace htj2k::kernels::portable {
namespace {

std::uint32_t crc32_table(std::uint32_t crc, const std::uint8_t* data, std::size_t size) {
  return ~crc32_register(~crc, data, size);
}

#include "kernels/lines.inl"

}  // namespace
}  // namespace htj2k::kernels::portable

namespace htj2k::kernels {
constexpr implementation portable_implementation{"portable", &portable::crc32_table,
                                                 portable::make_line_kernels<std::int32_t>(),
                                                 portable::make_line_kernels<std::int64_t>()};
}
