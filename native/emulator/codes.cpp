#include "codes.hpp"

#include <map>
#include <mutex>
#include <set>

namespace emulator {

namespace {

struct Name {
  const char *name, *text;
};

const std::map<int, Name>& names() {
#define EMULATOR_CODE(name, code, text) {code, {"CUDA_" #name, text}},
  static const std::map<int, Name> all = {EMULATOR_CODES(EMULATOR_CODE)};
  return all;
}

std::mutex mutex;
/* Callers keep pointers to these texts: no text is ever removed. */
std::set<std::string> texts;
std::map<int, const std::string*> explained;

}  // namespace

Result explain(Result code, const std::string& what) {
  std::lock_guard hold(mutex);
  auto text = std::string(names().at(code).text) + " (" + what + ")";
  explained[code] = &*texts.insert(text).first;
  return code;
}

}  // namespace emulator

using namespace emulator;

EMULATOR_API Result cuGetErrorName(Result code, const char** text) {
  auto found = names().find(code);
  *text = found == names().end() ? nullptr : found->second.name;
  return *text ? SUCCESS : ERROR_INVALID_VALUE;
}

EMULATOR_API Result cuGetErrorString(Result code, const char** text) {
  std::lock_guard hold(mutex);
  auto more = explained.find(code);
  auto found = names().find(code);
  *text = more != explained.end()    ? more->second->c_str()
          : found != names().end() ? found->second.text
                                   : nullptr;
  return *text ? SUCCESS : ERROR_INVALID_VALUE;
}
