/* Letters between processes of this machine. */
#pragma once
#include <map>
#include <string>

namespace emulator {

/*
 * Ranks that know one name; a rank leaves its letters as files in a folder of that name. Who is there holds the lock of
 * a file, which the system gives back when its process ends: a folder without one that is held is nobody's any more.
 */
class Mail {
 public:
  explicit Mail(const std::string& name);
  /* All leave who are still there. */
  ~Mail();
  Mail(const Mail&) = delete;
  Mail& operator=(const Mail&) = delete;
  /* Says that a rank is here, and what the others are to know of it; folders that are nobody's go. */
  void enter(int rank, const std::string& card);
  /* What a rank said of itself, or nothing where it has not come. */
  std::string card(int rank) const;
  void send(const std::string& letter, int from, int to, const std::string& text) const;
  /* Whether a letter has come; it is taken away. */
  bool receive(const std::string& letter, int from, int to, std::string& text) const;
  /* The last one takes the folder away. */
  void leave(int rank);

 private:
  int holdLock(int rank) const;
  std::string file(const std::string& letter, int from, int to) const;
  void put(const std::string& path, const std::string& text) const;
  std::string folder_;
  std::map<int, int> locks_;  // files that are open, by ranks
};

}  // namespace emulator
