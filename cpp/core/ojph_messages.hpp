// OpenJPH reports through process-global handlers that print by default. These replace them: an error becomes
// an htj2k::error with OpenJPH's own text, a warning is kept for the call that caused it.
#pragma once

#include <string>
#include <vector>

namespace htj2k {

// Installs the handlers and fills OpenJPH's lookup tables, once a process. Call it before any other use.
void initialize_openjph();

struct message {
  bool is_warning = false;  // else a note
  std::string text;
};

// While it lives, warnings and notes of OpenJPH on this thread are collected here. Not to be nested.
class message_capture {
public:
  message_capture();
  ~message_capture();
  message_capture(const message_capture&) = delete;
  message_capture& operator=(const message_capture&) = delete;

  const std::vector<message>& messages() const noexcept { return messages_; }
  void add(message m);

private:
  std::vector<message> messages_;
};

}  // namespace htj2k
