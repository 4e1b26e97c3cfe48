// Iteration over lists and dicts in either form. Included by value/value.h.

#pragma once

#include "value/value.h"

namespace sluice {

class Value::Items {
 public:
  class Iterator {
   public:
    using value_type = Value;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    explicit Iterator(const Value* item, const char* at, uint32_t left)
        : item_(item), at_(at), left_(left) {
      if (left_ != 0) Load();
    }

    const Value& operator*() const { return current_; }
    const Value* operator->() const { return &current_; }
    Iterator& operator++() {
      if (--left_ != 0) Load();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return left_ == 0; }

   private:
    void Load();

    const Value* item_ = nullptr;
    const char* at_ = nullptr;
    uint32_t left_ = 0;
    Value current_;
  };

  Iterator begin() const { return Iterator(item_, at_, count_); }
  std::default_sentinel_t end() const { return {}; }
  uint32_t size() const { return count_; }
  bool empty() const { return count_ == 0; }

 private:
  friend class Value;
  const Value* item_ = nullptr;
  const char* at_ = nullptr;
  uint32_t count_ = 0;
};

class Value::Properties {
 public:
  class Iterator {
   public:
    using value_type = Property;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    explicit Iterator(const Property* property, const char* at, uint32_t left)
        : property_(property), at_(at), left_(left) {
      if (left_ != 0) Load();
    }

    const Property& operator*() const { return current_; }
    const Property* operator->() const { return &current_; }
    Iterator& operator++() {
      if (--left_ != 0) Load();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return left_ == 0; }

   private:
    void Load();

    const Property* property_ = nullptr;
    const char* at_ = nullptr;
    uint32_t left_ = 0;
    Property current_;
  };

  Iterator begin() const { return Iterator(property_, at_, count_); }
  std::default_sentinel_t end() const { return {}; }
  uint32_t size() const { return count_; }
  bool empty() const { return count_ == 0; }

 private:
  friend class Value;
  const Property* property_ = nullptr;
  const char* at_ = nullptr;
  uint32_t count_ = 0;
};

}  // namespace sluice
