// The one place where a C++ error becomes a Python exception.
#include "bindings.hpp"
#include "core/error.hpp"

namespace py = pybind11;

namespace htj2k::bindings {
namespace {

const char* class_name(error_code code) {
  switch (code) {
    case error_code::codestream:
      return "CodestreamError";
    case error_code::not_htj2k:
      return "NotHTJ2KError";
    case error_code::truncated:
      return "TruncatedError";
    case error_code::limit:
      return "LimitError";
    case error_code::unsupported:
      return "UnsupportedError";
    case error_code::invalid_argument:
      return "ValueError";
  }
  return "HTJ2KError";
}

}  // namespace

py::object make_exception(const error& e) {
  if (e.code() == error_code::invalid_argument)
    return py::module_::import("builtins").attr("ValueError")(e.what());
  const py::object type = py::module_::import("htj2k.errors").attr(class_name(e.code()));
  py::object exception = type(e.what());
  exception.attr("offset") = e.offset() ? py::object(py::int_(*e.offset())) : py::none();
  if (e.code() == error_code::truncated) {
    exception.attr("bytes_present") = e.cut().bytes_present;
    exception.attr("bytes_needed") =
        e.cut().bytes_needed ? py::object(py::int_(e.cut().bytes_needed)) : py::none();
    exception.attr("resolutions_complete") = e.cut().resolutions_complete;
  }
  return exception;
}

namespace {

// The signature is pybind11's. NOLINTNEXTLINE(performance-unnecessary-value-param)
void translate(std::exception_ptr p) {
  try {
    if (p) std::rethrow_exception(p);
  } catch (const error& e) {
    const py::object exception = make_exception(e);
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
  } catch (const std::runtime_error&) {
    // pybind11 would make a RuntimeError of it that Python has no memory for a list or for bytes.
    if (PyErr_Occurred() == nullptr || PyErr_ExceptionMatches(PyExc_MemoryError) == 0) throw;
  }
}

}  // namespace

void bind_errors(py::module_&) { py::register_local_exception_translator(&translate); }

}  // namespace htj2k::bindings
