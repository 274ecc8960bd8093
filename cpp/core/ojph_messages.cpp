#include "core/ojph_messages.hpp"

#include <ojph_codestream.h>
#include <ojph_message.h>

#include <cstdarg>
#include <cstdio>
#include <exception>
#include <mutex>
#include <new>
#include <utility>

#include "core/error.hpp"

namespace htj2k {
namespace {

thread_local message_capture* current = nullptr;

// OpenJPH's code for a malloc that returned nothing (ojph_mem.h, ojph_mem.cpp).
constexpr int first_memory_code = 0x00090001;
constexpr int last_memory_code = 0x000900FF;

// Passes whose refinement segment has no bytes. Bits beyond it count as zeros (T.814), so that a second
// pass changes nothing; packet_header.cpp refuses a third, which OpenJPH would leave out as well.
constexpr int empty_refinement_code = 0x00010001;
// OpenJPH's code for an exception that it takes for damage of the data, in resilient mode (ojph_tile.cpp).
constexpr int swallowed_code = 0x00030093;

// A file that repeats a fault a million times must not fill memory with its messages.
constexpr std::size_t max_messages = 32;

std::string format(const char* text, std::va_list arguments) {
  char buffer[512];
  std::vsnprintf(buffer, sizeof buffer, text, arguments);
  std::string result(buffer);
  while (!result.empty() && (result.back() == '\n' || result.back() == ' ')) result.pop_back();
  return result;
}

std::string with_code(const std::string& text, int code) {
  char suffix[32];
  std::snprintf(suffix, sizeof suffix, " (OpenJPH 0x%08X)", static_cast<unsigned>(code));
  return text + suffix;
}

// Whether the exception that is being handled is std::bad_alloc.
bool is_out_of_memory() {
  if (std::current_exception() == nullptr) return false;
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return true;
  } catch (...) {
    return false;
  }
}

class throwing_error final : public ojph::message_error {
public:
  void operator()(int code, const char*, int, const char* text, ...) override {
    std::va_list arguments;
    va_start(arguments, text);
    const std::string message = format(text, arguments);
    va_end(arguments);
    if (code >= first_memory_code && code <= last_memory_code) throw std::bad_alloc();
    throw error(error_code::codestream, with_code(message, code));
  }
};

template <typename Base, bool IsWarning>
class collecting final : public Base {
public:
  void operator()(int code, const char*, int, const char* text, ...) override {
    if (code == swallowed_code && is_out_of_memory()) throw std::bad_alloc();
    if (current == nullptr || code == empty_refinement_code) return;
    std::va_list arguments;
    va_start(arguments, text);
    const std::string remark = format(text, arguments);
    va_end(arguments);
    current->add({IsWarning, with_code(remark, code)});
  }
};

// Never destroyed: OpenJPH keeps the pointers, and threads may still decode while the process exits.
template <typename Handler>
Handler* immortal() {
  static Handler* const handler = new Handler;
  return handler;
}

void install() {
  ojph::configure_error(immortal<throwing_error>());
  ojph::configure_warning(immortal<collecting<ojph::message_warning, true>>());
  ojph::configure_info(immortal<collecting<ojph::message_info, false>>());
  const ojph::codestream fills_the_function_tables;
}

}  // namespace

void initialize_openjph() {
  static std::once_flag once;
  std::call_once(once, install);
}

message_capture::message_capture() { current = this; }

message_capture::~message_capture() { current = nullptr; }

void message_capture::add(message m) {
  if (messages_.size() < max_messages) messages_.push_back(std::move(m));
}

}  // namespace htj2k
