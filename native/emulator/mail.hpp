/* Letters between processes of this machine. */
#pragma once
#include <string>

namespace emulator {

/* Ranks that know one name; a rank leaves its letters as files in a folder of that name. */
class Mail {
 public:
  Mail(const std::string& name, int ranks);
  /* Says that a rank is here, and what the others are to know of it. */
  void enter(int rank, const std::string& card);
  /* What a rank said of itself, or nothing where it has not come. */
  std::string card(int rank) const;
  void send(const std::string& letter, int from, int to, const std::string& text) const;
  /* Whether a letter has come; it is taken away. */
  bool receive(const std::string& letter, int from, int to, std::string& text) const;
  /* The last one takes the folder away; those whose process has ended have left. */
  void leave(int rank) const;

 private:
  bool hasLeft(int rank) const;
  std::string file(const std::string& letter, int from, int to) const;
  void put(const std::string& path, const std::string& text) const;
  std::string folder_;
  int ranks_;
};

}  // namespace emulator
