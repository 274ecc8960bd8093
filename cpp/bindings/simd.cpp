// Which instruction sets there are and which one is used.
#include <pybind11/stl.h>

#include <string>
#include <vector>

#include "bindings.hpp"
#include "kernels/implementation.hpp"

namespace htj2k::bindings {
namespace {

std::vector<std::string> names() {
  std::vector<std::string> found;
  for (const kernels::implementation* implementation : kernels::available())
    found.emplace_back(implementation->name);
  return found;
}

}  // namespace

void bind_simd(pybind11::module_& m) {
  m.def("simd_available", &names);
  m.def("simd_active", [] { return std::string(kernels::active().name); });
}

}  // namespace htj2k::bindings
