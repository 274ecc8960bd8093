#include "bindings.hpp"

// Nothing here is shared between calls but what locks itself: the worker pool, tables filled once.
PYBIND11_MODULE(_core, m, pybind11::mod_gil_not_used()) {
  m.doc() = "The C++ side of htj2k: conversion only. Use the package htj2k.";
  htj2k::bindings::bind_errors(m);
  htj2k::bindings::bind_simd(m);
  htj2k::bindings::bind_codec(m);
  htj2k::bindings::bind_levels(m);
  htj2k::bindings::bind_progressive(m);
  htj2k::bindings::bind_codeblocks(m);
  htj2k::bindings::bind_batch(m);
  htj2k::bindings::bind_checksum(m);
  htj2k::bindings::bind_info(m);
}
