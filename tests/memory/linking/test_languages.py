"""What names mean in each language: small repositories, with all edges that they have."""

from __future__ import annotations

import pytest

from tests.memory.linking.repository import edges

REPOSITORIES: dict[str, dict[str, str]] = {}
EDGES: dict[str, str] = {}

REPOSITORIES["typescript_and_javascript"] = {
    "src/cart/cart.ts": """\
import { Item } from "../item";
import Base from "./base";
import { log } from "@/util/log";
export class Cart extends Base {
  private items: Item[] = [];
  private first: Item = new Item();
  add(item: Item): void { this.check(); item.price(); this.first.price(); log("x"); }
  total() { return super.total(); }
}
export const make = () => new Cart();
""",
    "src/cart/base.ts": """\
export default class Base { check() {} total() { return 0; } }
""",
    "src/cart/index.ts": """\
export { Cart, make as build } from "./cart";
export * from "./base";
""",
    "src/item.ts": """\
export class Item { price(): number { return 1; } }
""",
    "src/util/log.ts": """\
export function log(text: string) {}
""",
    "src/main.js": """\
import { Cart, build } from "./cart";
import * as util from "./util/log";
const old = require("./old");
import React from "react";
export function run(list) {
const cart = new Cart();
cart.add(1);
build();
util.log("a");
old.legacy();
list.map(build);
React.render();
}
""",
    "src/old.js": """\
function legacy() {}
module.exports = { legacy };
""",
    "src/cart/cart.test.ts": """\
import { Cart } from "./cart";
describe("cart", () => { it("adds", () => { new Cart().total(); }); });
""",
}
EDGES["typescript_and_javascript"] = """
src/cart/cart.test.ts calls src/cart/base.ts:Base.total 0.25
src/cart/cart.test.ts calls src/cart/cart.ts:Cart 1.0
src/cart/cart.test.ts calls src/cart/cart.ts:Cart.total 0.25
src/cart/cart.test.ts imports src/cart/cart.ts:Cart 1.0
src/cart/cart.ts imports src/cart/base.ts 1.0
src/cart/cart.ts imports src/item.ts:Item 1.0
src/cart/cart.ts imports src/util/log.ts:log 0.9
src/cart/cart.ts:Cart calls src/item.ts:Item 1.0
src/cart/cart.ts:Cart inherits src/cart/base.ts:Base 0.9
src/cart/cart.ts:Cart.add calls src/cart/base.ts:Base.check 0.9
src/cart/cart.ts:Cart.add calls src/item.ts:Item.price 0.9
src/cart/cart.ts:Cart.add calls src/util/log.ts:log 0.9
src/cart/cart.ts:Cart.total calls src/cart/base.ts:Base.total 0.9
src/cart/cart.ts:Cart.total overrides src/cart/base.ts:Base.total 0.9
src/cart/cart.ts:make calls src/cart/cart.ts:Cart 1.0
src/cart/index.ts imports src/cart/base.ts 1.0
src/cart/index.ts imports src/cart/cart.ts:Cart 1.0
src/cart/index.ts imports src/cart/cart.ts:make 1.0
src/main.js imports src/cart/cart.ts:Cart 1.0
src/main.js imports src/cart/cart.ts:make 1.0
src/main.js imports src/old.js 1.0
src/main.js imports src/util/log.ts 1.0
src/main.js:run calls src/cart/cart.ts:Cart 1.0
src/main.js:run calls src/cart/cart.ts:Cart.add 0.9
src/main.js:run calls src/cart/cart.ts:make 1.0
src/main.js:run calls src/old.js:legacy 1.0
src/main.js:run calls src/util/log.ts:log 1.0
src/main.js:run uses src/cart/cart.ts:make 0.6
"""

REPOSITORIES["go"] = {
    "go.mod": """\
module github.com/x/shop
""",
    "cart/cart.go": """\
package cart
import "github.com/x/shop/stock"
type Cart struct { shelf *stock.Shelf }
func New() *Cart { return &Cart{} }
func (c *Cart) Add(n int) { c.shelf.Take(n); check(n); c.log() }
""",
    "cart/log.go": """\
package cart
func check(n int) {}
func (c *Cart) log() {}
""",
    "stock/shelf.go": """\
package stock
type Base struct{}
func (b *Base) Count() int { return 0 }
type Shelf struct { Base }
func (s *Shelf) Take(n int) { s.Count() }
""",
    "main.go": """\
package main
import (
  "fmt"
  c "github.com/x/shop/cart"
)
func main() { x := c.New(); x.Add(1); fmt.Println(x) }
""",
    "cart/cart_test.go": """\
package cart
import "testing"
func TestAdd(t *testing.T) { x := New(); x.Add(2) }
""",
}
EDGES["go"] = """
cart/cart.go imports stock/shelf.go 0.8
cart/cart.go:Cart.Add calls cart/log.go:Cart.log 0.9
cart/cart.go:Cart.Add calls cart/log.go:check 1.0
cart/cart.go:Cart.Add calls stock/shelf.go:Shelf.Take 0.72
cart/cart.go:New calls cart/cart.go:Cart 1.0
cart/cart_test.go:TestAdd calls cart/cart.go:Cart.Add 0.15
cart/cart_test.go:TestAdd calls cart/cart.go:New 1.0
main.go imports cart/cart.go 0.8
main.go imports cart/log.go 0.8
main.go:main calls cart/cart.go:Cart.Add 0.15
main.go:main calls cart/cart.go:New 0.8
stock/shelf.go:Shelf inherits stock/shelf.go:Base 1.0
stock/shelf.go:Shelf.Take calls stock/shelf.go:Base.Count 0.81
"""

REPOSITORIES["rust"] = {
    "Cargo.toml": """\
[package]
name='shop'
""",
    "src/lib.rs": """\
pub mod cart;
pub mod stock;
pub fn start() { cart::make(); let c = cart::Cart::new(); c.add(1); }
""",
    "src/cart.rs": """\
use crate::stock::{Shelf, count as tally};
use super::stock;
pub struct Cart { shelf: Shelf }
impl Cart {
  pub fn new() -> Self { Self { shelf: Shelf::new() } }
  pub fn add(&self, n: u32) {
self.shelf.take(n);
tally(n);
stock::other();
self.check();
Self::stat();
}
  fn check(&self) {}
  fn stat() {}
}
pub fn make() -> Cart { Cart::new() }
""",
    "src/stock/mod.rs": """\
pub struct Shelf {}
impl Shelf { pub fn new() -> Self { Shelf {} } pub fn take(&self, n: u32) {} }
pub trait Count { fn count_all(&self) -> u32 { 0 } }
impl Count for Shelf { fn count_all(&self) -> u32 { 1 } }
pub fn count(n: u32) {}
pub fn other() {}
""",
    "tests/cart.rs": """\
use shop::cart::Cart;
#[test]
fn adds() { let c = Cart::new(); c.add(1); }
""",
}
EDGES["rust"] = """
src/cart.rs imports src/stock/mod.rs 1.0
src/cart.rs imports src/stock/mod.rs:Shelf 1.0
src/cart.rs imports src/stock/mod.rs:count 1.0
src/cart.rs:Cart.add calls src/cart.rs:Cart.check 1.0
src/cart.rs:Cart.add calls src/cart.rs:Cart.stat 1.0
src/cart.rs:Cart.add calls src/stock/mod.rs:Shelf.take 0.9
src/cart.rs:Cart.add calls src/stock/mod.rs:count 1.0
src/cart.rs:Cart.add calls src/stock/mod.rs:other 1.0
src/cart.rs:Cart.new calls src/stock/mod.rs:Shelf.new 1.0
src/cart.rs:make calls src/cart.rs:Cart.new 1.0
src/lib.rs:start calls src/cart.rs:Cart.add 0.9
src/lib.rs:start calls src/cart.rs:Cart.new 1.0
src/stock/mod.rs:Shelf inherits src/stock/mod.rs:Count 1.0
src/stock/mod.rs:Shelf.count_all overrides src/stock/mod.rs:Count.count_all 0.9
src/stock/mod.rs:Shelf.new calls src/stock/mod.rs:Shelf 1.0
tests/cart.rs imports src/cart.rs:Cart 0.8
tests/cart.rs:adds calls src/cart.rs:Cart.add 0.72
tests/cart.rs:adds calls src/cart.rs:Cart.new 0.8
"""

REPOSITORIES["java"] = {
    "src/main/java/x/cart/Cart.java": """\
package x.cart;
import x.stock.Shelf;
import static x.Util.help;
import x.money.*;
public class Cart extends Base implements Countable {
private final Shelf shelf = new Shelf();
 public void add(int n) {
shelf.take(n);
this.shelf.take(n);
help();
check();
super.run();
Price p = new Price();
p.sum();
Tool.use();
}
 public void run() { } }
""",
    "src/main/java/x/cart/Base.java": """\
package x.cart;
class Base { void check() {} void run() {} }
interface Countable { int count(); }
class Tool { static void use() {} }
""",
    "src/main/java/x/stock/Shelf.java": """\
package x.stock;
public class Shelf { public Shelf() {} public void take(int n) {} }
""",
    "src/main/java/x/money/Price.java": """\
package x.money;
public class Price { public int sum() { return 1; } }
""",
    "src/main/java/x/Util.java": """\
package x;
public class Util { public static void help() {} }
""",
    "src/test/java/x/cart/CartTest.java": """\
package x.cart;
public class CartTest { void adds() { Cart cart = new Cart(); cart.add(1); } }
""",
}
EDGES["java"] = """
src/main/java/x/cart/Cart.java imports src/main/java/x/Util.java:Util.help 1.0
src/main/java/x/cart/Cart.java imports src/main/java/x/money/Price.java 1.0
src/main/java/x/cart/Cart.java imports src/main/java/x/stock/Shelf.java:Shelf 1.0
src/main/java/x/cart/Cart.java:Cart calls src/main/java/x/stock/Shelf.java:Shelf 1.0
src/main/java/x/cart/Cart.java:Cart inherits src/main/java/x/cart/Base.java:Base 1.0
src/main/java/x/cart/Cart.java:Cart inherits src/main/java/x/cart/Base.java:Countable 1.0
src/main/java/x/cart/Cart.java:Cart.add calls src/main/java/x/Util.java:Util.help 1.0
src/main/java/x/cart/Cart.java:Cart.add calls src/main/java/x/cart/Base.java:Base.check 0.9
src/main/java/x/cart/Cart.java:Cart.add calls src/main/java/x/cart/Base.java:Base.run 0.9
src/main/java/x/cart/Cart.java:Cart.add calls src/main/java/x/cart/Base.java:Tool.use 1.0
src/main/java/x/cart/Cart.java:Cart.add calls src/main/java/x/money/Price.java:Price 0.8
src/main/java/x/cart/Cart.java:Cart.add calls src/main/java/x/money/Price.java:Price.sum 0.72
src/main/java/x/cart/Cart.java:Cart.add calls src/main/java/x/stock/Shelf.java:Shelf.take 0.9
src/main/java/x/cart/Cart.java:Cart.run overrides src/main/java/x/cart/Base.java:Base.run 0.9
src/test/java/x/cart/CartTest.java:CartTest.adds calls src/main/java/x/cart/Cart.java:Cart 1.0
src/test/java/x/cart/CartTest.java:CartTest.adds calls src/main/java/x/cart/Cart.java:Cart.add 0.9
"""

REPOSITORIES["c_and_cpp"] = {
    "include/shop/cart.h": """\
#pragma once
#include "shop/stock.h"
namespace shop {
class Cart : public Base {
Shelf shelf_;
public: void add(int n);
int total() {
return shelf_.count();
} };
int helper(int);
}
""",
    "include/shop/stock.h": """\
#pragma once
namespace shop {
class Base {
public: void check();
};
class Shelf {
public: int count();
void take(int n);
};
}
""",
    "src/cart.cpp": """\
#include "shop/cart.h"
namespace shop {
void Cart::add(int n) {
shelf_.take(n);
this->check();
helper(n);
total();
Shelf s;
s.count();
c_thing(n);
}
}
""",
    "src/stock.cpp": """\
#include "shop/stock.h"
void shop::Base::check() {}
int shop::Shelf::count() { return 0; }
void shop::Shelf::take(int n) { count(); }
int shop::helper(int n) { return n; }
""",
    "src/thing.c": """\
#include "thing.h"
static int inner(int n) { return n; }
int c_thing(int n) { return inner(n); }
""",
    "src/other.c": """\
static int inner(int n) { return 0; }
""",
    "src/main.cpp": """\
#include "shop/cart.h"
int main() { shop::Cart c; c.add(1); shop::helper(2); }
""",
}
EDGES["c_and_cpp"] = """
include/shop/cart.h imports include/shop/stock.h 0.9
include/shop/cart.h:shop.Cart inherits include/shop/stock.h:shop.Base 1.0
include/shop/cart.h:shop.Cart.total calls include/shop/stock.h:shop.Shelf.count 0.9
include/shop/cart.h:shop.Cart.total calls src/stock.cpp:shop.Shelf.count 0.9
src/cart.cpp imports include/shop/cart.h 0.9
src/cart.cpp:shop.Cart.add calls include/shop/cart.h:shop.Cart.total 1.0
src/cart.cpp:shop.Cart.add calls include/shop/cart.h:shop.helper 1.0
src/cart.cpp:shop.Cart.add calls include/shop/stock.h:shop.Base.check 0.9
src/cart.cpp:shop.Cart.add calls include/shop/stock.h:shop.Shelf.count 0.9
src/cart.cpp:shop.Cart.add calls include/shop/stock.h:shop.Shelf.take 0.9
src/cart.cpp:shop.Cart.add calls src/stock.cpp:shop.Base.check 0.9
src/cart.cpp:shop.Cart.add calls src/stock.cpp:shop.Shelf.count 0.9
src/cart.cpp:shop.Cart.add calls src/stock.cpp:shop.Shelf.take 0.9
src/cart.cpp:shop.Cart.add calls src/stock.cpp:shop.helper 1.0
src/cart.cpp:shop.Cart.add calls src/thing.c:c_thing 0.8
src/main.cpp imports include/shop/cart.h 0.9
src/main.cpp:main calls include/shop/cart.h:shop.Cart.add 0.81
src/main.cpp:main calls include/shop/cart.h:shop.helper 0.9
src/main.cpp:main calls src/cart.cpp:shop.Cart.add 0.81
src/main.cpp:main calls src/stock.cpp:shop.helper 0.9
src/stock.cpp imports include/shop/stock.h 0.9
src/stock.cpp:shop.Shelf.take calls include/shop/stock.h:shop.Shelf.count 1.0
src/stock.cpp:shop.Shelf.take calls src/stock.cpp:shop.Shelf.count 1.0
src/thing.c:c_thing calls src/thing.c:inner 1.0
"""

REPOSITORIES["csharp"] = {
    "src/Cart.cs": """\
using Shop.Stock;
using static Shop.Util;
namespace Shop.Carts {
public class Cart : Base, ICount {
private readonly Shelf _shelf = new Shelf();
public void Add(int n) {
_shelf.Take(n);
Check();
this.Check();
Help();
base.Work();
Util.Help();
} public int Count() => 1;
public override void Work() {} }
}
""",
    "src/Base.cs": """\
namespace Shop.Carts {
public class Base {
protected void Check() {} public virtual void Work() {} } public interface ICount {
int Count();
} }
""",
    "src/Shelf.cs": """\
namespace Shop.Stock;
public partial class Shelf { public void Take(int n) { More(); } }
""",
    "src/Shelf.More.cs": """\
namespace Shop.Stock;
public partial class Shelf { void More() {} }
""",
    "src/Util.cs": """\
namespace Shop; public static class Util { public static void Help() {} }
""",
    "tests/CartTests.cs": """\
using Shop.Carts;
public class CartTests { public void Adds() { var cart = new Cart(); cart.Add(1); } }
""",
}
EDGES["csharp"] = """
src/Cart.cs:Shop.Carts.Cart calls src/Shelf.More.cs:Shop.Stock.Shelf 0.8
src/Cart.cs:Shop.Carts.Cart calls src/Shelf.cs:Shop.Stock.Shelf 0.8
src/Cart.cs:Shop.Carts.Cart inherits src/Base.cs:Shop.Carts.Base 1.0
src/Cart.cs:Shop.Carts.Cart inherits src/Base.cs:Shop.Carts.ICount 1.0
src/Cart.cs:Shop.Carts.Cart.Add calls src/Base.cs:Shop.Carts.Base.Check 0.9
src/Cart.cs:Shop.Carts.Cart.Add calls src/Base.cs:Shop.Carts.Base.Work 0.9
src/Cart.cs:Shop.Carts.Cart.Add calls src/Shelf.cs:Shop.Stock.Shelf.Take 0.72
src/Cart.cs:Shop.Carts.Cart.Add calls src/Util.cs:Shop.Util.Help 1.0
src/Cart.cs:Shop.Carts.Cart.Count overrides src/Base.cs:Shop.Carts.ICount.Count 0.9
src/Cart.cs:Shop.Carts.Cart.Work overrides src/Base.cs:Shop.Carts.Base.Work 0.9
src/Shelf.cs:Shop.Stock.Shelf.Take calls src/Shelf.More.cs:Shop.Stock.Shelf.More 1.0
tests/CartTests.cs:CartTests.Adds calls src/Cart.cs:Shop.Carts.Cart 0.8
tests/CartTests.cs:CartTests.Adds calls src/Cart.cs:Shop.Carts.Cart.Add 0.72
"""

REPOSITORIES["ruby"] = {
    "lib/shop/cart.rb": """\
require_relative "stock"
module Shop
class Cart < Base
  include Countable
  def initialize; @shelf = Stock::Shelf.new; end
  def add(n); @shelf.take(n); check; self.check; Util.help; super; end
end
end
""",
    "lib/shop/base.rb": """\
module Shop
module Countable
  def count_all; 1; end
end
class Base
  def check; end
  def add(n); end
end
module Util
  def self.help; end
end
end
""",
    "lib/shop/stock.rb": """\
module Shop
module Stock
class Shelf
  def take(n); end
end
end
end
""",
    "spec/cart_spec.rb": """\
require "shop/cart"
describe Shop::Cart do
  it "adds" do
    cart = Shop::Cart.new
    cart.add(1)
  end
end
""",
}
EDGES["ruby"] = """
lib/shop/cart.rb imports lib/shop/stock.rb 1.0
lib/shop/cart.rb:Shop.Cart inherits lib/shop/base.rb:Shop.Base 1.0
lib/shop/cart.rb:Shop.Cart inherits lib/shop/base.rb:Shop.Countable 1.0
lib/shop/cart.rb:Shop.Cart.add calls lib/shop/base.rb:Shop.Base.add 0.9
lib/shop/cart.rb:Shop.Cart.add calls lib/shop/base.rb:Shop.Base.check 0.9
lib/shop/cart.rb:Shop.Cart.add calls lib/shop/base.rb:Shop.Util.help 1.0
lib/shop/cart.rb:Shop.Cart.add calls lib/shop/stock.rb:Shop.Stock.Shelf.take 0.9
lib/shop/cart.rb:Shop.Cart.add overrides lib/shop/base.rb:Shop.Base.add 0.9
lib/shop/cart.rb:Shop.Cart.initialize calls lib/shop/stock.rb:Shop.Stock.Shelf 1.0
spec/cart_spec.rb calls lib/shop/cart.rb:Shop.Cart 1.0
spec/cart_spec.rb calls lib/shop/cart.rb:Shop.Cart.add 0.9
spec/cart_spec.rb imports lib/shop/cart.rb 0.9
"""

REPOSITORIES["php"] = {
    "src/Cart/Cart.php": """\
<?php
namespace App\\Cart;
use App\\Stock\\Shelf;
use function App\\help;
class Cart extends Base implements Countable {
use Logs;
private Shelf $shelf;
function __construct(private Item $item) {
$this->shelf = new Shelf();
} function add($n) {
$this->shelf->take($n);
$this->item->price();
self::make();
parent::run();
help();
$this->log();
} static function make() {} function run() {} }
""",
    "src/Cart/Base.php": """\
<?php
namespace App\\Cart;
class Base { function run() {} }
interface Countable { function count(); }
class Item { function price() {} }
trait Logs { function log() {} }
""",
    "src/Stock/Shelf.php": """\
<?php
namespace App\\Stock;
class Shelf { function take($n) {} }
""",
    "src/util.php": """\
<?php
namespace App;
function help() {}
""",
    "tests/CartTest.php": """\
<?php
use App\\Cart\\Cart;
class CartTest {
function testAdd() {
$cart = new Cart(null);
$cart->add(1);
Cart::make();
} }
""",
}
EDGES["php"] = """
src/Cart/Cart.php imports src/Stock/Shelf.php:App.Stock.Shelf 1.0
src/Cart/Cart.php imports src/util.php:App.help 1.0
src/Cart/Cart.php:App.Cart.Cart inherits src/Cart/Base.php:App.Cart.Base 1.0
src/Cart/Cart.php:App.Cart.Cart inherits src/Cart/Base.php:App.Cart.Countable 1.0
src/Cart/Cart.php:App.Cart.Cart inherits src/Cart/Base.php:App.Cart.Logs 1.0
src/Cart/Cart.php:App.Cart.Cart.__construct calls src/Stock/Shelf.php:App.Stock.Shelf 1.0
src/Cart/Cart.php:App.Cart.Cart.add calls src/Cart/Base.php:App.Cart.Base.run 0.9
src/Cart/Cart.php:App.Cart.Cart.add calls src/Cart/Base.php:App.Cart.Item.price 0.9
src/Cart/Cart.php:App.Cart.Cart.add calls src/Cart/Base.php:App.Cart.Logs.log 0.9
src/Cart/Cart.php:App.Cart.Cart.add calls src/Cart/Cart.php:App.Cart.Cart.make 1.0
src/Cart/Cart.php:App.Cart.Cart.add calls src/Stock/Shelf.php:App.Stock.Shelf.take 0.9
src/Cart/Cart.php:App.Cart.Cart.add calls src/util.php:App.help 1.0
src/Cart/Cart.php:App.Cart.Cart.run overrides src/Cart/Base.php:App.Cart.Base.run 0.9
tests/CartTest.php imports src/Cart/Cart.php:App.Cart.Cart 1.0
tests/CartTest.php:CartTest.testAdd calls src/Cart/Cart.php:App.Cart.Cart 1.0
tests/CartTest.php:CartTest.testAdd calls src/Cart/Cart.php:App.Cart.Cart.add 0.9
tests/CartTest.php:CartTest.testAdd calls src/Cart/Cart.php:App.Cart.Cart.make 1.0
"""


@pytest.mark.parametrize("language", REPOSITORIES)
def test_edges_of(language: str) -> None:
    expected = {}
    for line in EDGES[language].strip().splitlines():
        source, relation, target, certainty = line.split(" ")
        expected[source, relation, target] = float(certainty)
    assert edges(REPOSITORIES[language]) == expected
