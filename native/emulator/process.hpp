#pragma once
#include <string>
#include <vector>

namespace emulator {

struct Finished {
  int status;
  std::string output;
};

/* Runs a command without input; its output and errors are one text. */
Finished runCommand(const std::vector<std::string>& command);

std::string readFile(const std::string& path);
bool writeFile(const std::string& path, const std::string& text);
/* Makes a folder and those above it. */
void makeFolders(const std::string& path);

}  // namespace emulator
