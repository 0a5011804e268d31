package command_test

import "testing"

func TestScriptsLikeRedis(t *testing.T) {
	for name, conversation := range scriptConversations {
		t.Run(name, func(t *testing.T) { oracle(t, false, conversation) })
	}
}

var scriptConversations = map[string]string{
	"replies": `
EVAL "return 1" 0
EVAL "return 'a'" 0
EVAL "return {1,2,{3,'x'},nil,5}" 0
EVAL "return {1.9,-1.9,'a',true,false}" 0
EVAL "return {true,false,1}" 0
EVAL "return true" 0
EVAL "return false" 0
EVAL "return nil" 0
EVAL "return" 0
EVAL "" 0
EVAL "return 3.99" 0
EVAL "return -3.99" 0
EVAL "return 1e300" 0
EVAL "return -1e300" 0
EVAL "return 0/0" 0
EVAL "return 1/0" 0
EVAL "return 2^53" 0
EVAL "return 2^63" 0
EVAL "return -2^63" 0
EVAL "return {}" 0
EVAL "return {a=1}" 0
EVAL "return {ok='fine'}" 0
EVAL "return {err='FOO bar'}" 0
EVAL "return {err='FOO'}" 0
EVAL "return {err=''}" 0
EVAL "return {err=5}" 0
EVAL "return {ok=5}" 0
EVAL "return {err='-x y'}" 0
EVAL "return {ok='a\\nb'}" 0
EVAL "return {err='a\\r\\nb'}" 0
EVAL "return {err='x',ok='y'}" 0
EVAL "return {1, {err='inner'}, {ok='in'}}" 0
EVAL "return {double=3.5}" 0
EVAL "return {double=1e100}" 0
EVAL "return {double='1'}" 0
EVAL "return {map={a=1}}" 0
EVAL "return {map={a={b='c'}}}" 0
EVAL "return {set={a=true}}" 0
EVAL "return {set={'x','y'}}" 0
EVAL "return {big_number='12345678901234567890'}" 0
EVAL "return {big_number=5}" 0
EVAL "return {verbatim_string={string='abc',format='txt'}}" 0
EVAL "return {verbatim_string={string='abc',format='mkd'}}" 0
EVAL "return {verbatim_string={string='abc'}}" 0
EVAL "return {verbatim_string='x'}" 0
EVAL "return function() end" 0
EVAL "return cjson.null" 0
EVAL "return coroutine.create(function() end)" 0
EVAL "redis.setresp(3) return true" 0
EVAL "redis.setresp(3) return false" 0
EVAL "redis.setresp(3) return {true,false,nil}" 0
EVAL "redis.setresp(3) return nil" 0
EVAL "return 1, 2, 3" 0
EVAL "return setmetatable({},{__index=function(t,k) return 1 end})" 0
EVAL "local t={} t[1]=1 t[2]=2 t[4]=4 return t" 0
EVAL "return {KEYS[1],KEYS[2],ARGV[1],ARGV[2],#KEYS,#ARGV}" 2 {k}1 {k}2 a b
EVAL "return {KEYS[3],ARGV[3]}" 2 {k}1 {k}2 a b
EVAL "return ARGV" 0 "" "a b" "\x00\xff"
`,
	"calls": `
~FLUSHALL
EVAL "return redis.call('set',KEYS[1],ARGV[1])" 1 k v
EVAL "return redis.call('get',KEYS[1])" 1 k
EVAL "return redis.call('GET','k')" 0
EVAL "return redis.call('get','nokey')" 0
EVAL "return redis.call('get','nokey') == false" 0
EVAL "redis.setresp(3) return redis.call('get','nokey') == nil" 0
EVAL "return redis.call('incr','n')" 0
EVAL "return redis.call('incr','k')" 0
EVAL "return redis.pcall('incr','k')" 0
EVAL "return redis.pcall('incr','k').err" 0
EVAL "return type(redis.call('incr','n'))" 0
EVAL "return redis.call('set','f',0.1) and redis.call('get','f')" 0
EVAL "return redis.call('set','f',1e20) and redis.call('get','f')" 0
EVAL "return redis.call('set','f',12345678901234567) and redis.call('get','f')" 0
EVAL "return redis.call('set','f',-0.0) and redis.call('get','f')" 0
EVAL "return redis.call('set','f',1/3) and redis.call('get','f')" 0
EVAL "return redis.call('set','f',100) and redis.call('get','f')" 0
EVAL "return redis.call('set','f',1/0) and redis.call('get','f')" 0
EVAL "return redis.call('set','f',5).ok" 0
EVAL "redis.call('set','f',6) return redis.call('get','f')" 0
EVAL "redis.call('incr','k')" 0
EVAL "return redis.call()" 0
EVAL "return redis.pcall()" 0
EVAL "return redis.call({})" 0
EVAL "return redis.call('get',nil)" 0
EVAL "return redis.pcall('get',true)" 0
EVAL "return redis.call('nosuch')" 0
EVAL "return redis.pcall('nosuch')" 0
EVAL "return redis.call('set','a')" 0
EVAL "return redis.call('multi')" 0
EVAL "return redis.call('eval','return 1',0)" 0
EVAL "return redis.call('script','load','x')" 0
EVAL "return redis.call('watch','x')" 0
EVAL "return redis.call('config','get','x')" 0
EVAL "return redis.call('client','id')" 0
EVAL "return redis.call('auth','x')" 0
EVAL "return redis.call('mget','k','n','nokey')" 0
EVAL "return redis.call('ping')" 0
EVAL "return redis.call('echo','hi')" 0
EVAL "return #redis.call('keys','*')" 0
EVAL "return redis.call('dbsize')" 0
EVAL "return redis.call('rpush','l',1,2,3)" 0
EVAL "return redis.call('lrange','l',0,-1)" 0
EVAL "return redis.call('get','l')" 0
EVAL "local e = redis.pcall('get','l') return e" 0
EVAL "local e = redis.pcall('get','l') return e.err" 0
EVAL "local ok,e = pcall(redis.call,'get','l') return {ok, type(e), e}" 0
EVAL "local ok,e = pcall(function() return redis.call('get','l') end) return {ok, type(e), e}" 0
EVAL "local s = 0 for i,v in ipairs(redis.call('lrange','l',0,-1)) do s = s + v end return s" 0
EVAL "return redis.call('expire','k',100)" 0
EVAL "return redis.call('type','l')" 0
EVAL "return redis.call('type','l').ok" 0
EVAL "return redis.call('object','encoding','k')" 0
EVAL "redis.call('set','a','1') redis.call('bogus')" 0
GET a
EVAL "return redis.call('del','a','k','l')" 0
EVAL "redis.call('flushall') return redis.call('dbsize')" 0
EVAL "return {redis.call('set','k1',1), redis.call('set','k2',2), redis.call('get','k1')}" 0
`,
	"errors": `
EVAL "error('x')" 0
EVAL "error('x', 0)" 0
EVAL "error('x', 2)" 0
EVAL "error()" 0
EVAL "error(nil)" 0
EVAL "error(5)" 0
EVAL "error(true)" 0
EVAL "error({err='FOO bar'})" 0
EVAL "error({err='FOO', x=1})" 0
EVAL "error(redis.error_reply('My Err'))" 0
EVAL "error('a\\nb')" 0
EVAL "\n\nerror('line three')" 0
EVAL "local function f() error('in f') end\nf()" 0
EVAL "local function f()\nerror('in f', 2) end\n\nf()" 0
EVAL "return 1 + nil" 0
EVAL "return 1 < '2'" 0
EVAL "return {} < {}" 0
EVAL "return nil < 1" 0
EVAL "return 'a' .. {}" 0
EVAL "return 'a' .. nil .. 'b'" 0
EVAL "x = 10" 0
EVAL "return y" 0
EVAL "function f() end" 0
EVAL "print(1)" 0
EVAL "return redis.nosuch" 0
EVAL "redis.call = 1" 0
EVAL "redis.x = 1" 0
EVAL "string.x = 1" 0
EVAL "KEYS = 1" 0
EVAL "string = nil" 0
EVAL "_G.x = 1" 0
EVAL "_G.string = 1" 0
EVAL "return _G.nosuch" 0
EVAL "return _G == _G._G" 0
EVAL "rawset(_G,'x',1)" 0
EVAL "rawset(redis,'x',1)" 0
EVAL "setmetatable(_G,{})" 0
EVAL "setmetatable(redis,{})" 0
EVAL "getmetatable('').__index = nil" 0
EVAL "return getmetatable('').__index == string" 0
EVAL "table.insert(redis, 1)" 0
EVAL "local redis = {call=function() return 7 end} return redis.call()" 0
EVAL "local t = {} t.redis = redis return type(t.redis.call)" 0
EVAL "return io" 0
EVAL "return require" 0
EVAL "return dofile" 0
EVAL "return loadfile" 0
EVAL "return getfenv" 0
EVAL "return debug" 0
EVAL "return newproxy" 0
EVAL "return redis.sha1hex()" 0
EVAL "return redis.sha1hex('a','b')" 0
EVAL "return redis.sha1hex('')" 0
EVAL "return redis.sha1hex('abc')" 0
EVAL "return redis.sha1hex(1.5)" 0
EVAL "return redis.sha1hex({})" 0
EVAL "return redis.log(1)" 0
EVAL "return redis.log(7,'a')" 0
EVAL "return redis.log(-1,'a')" 0
EVAL "return redis.log('x','hi')" 0
EVAL "return redis.log(redis.LOG_WARNING,'hi','there',5,{})" 0
EVAL "return {redis.LOG_DEBUG,redis.LOG_VERBOSE,redis.LOG_NOTICE,redis.LOG_WARNING}" 0
EVAL "return redis.setresp(4)" 0
EVAL "return redis.setresp()" 0
EVAL "return redis.setresp(3)" 0
EVAL "return redis.replicate_commands()" 0
EVAL "return redis.set_repl(3)" 0
EVAL "return redis.set_repl(9)" 0
EVAL "return redis.set_repl()" 0
EVAL "return redis.acl_check_cmd('get','x')" 0
EVAL "return redis.acl_check_cmd('nosuch','x')" 0
EVAL "return redis.acl_check_cmd()" 0
EVAL "return redis.acl_check_cmd({})" 0
EVAL "return redis.error_reply('x')" 0
EVAL "return redis.error_reply('-x y')" 0
EVAL "return redis.error_reply('X y')" 0
EVAL "return redis.error_reply('-x')" 0
EVAL "return redis.error_reply('')" 0
EVAL "return redis.error_reply(1,2)" 0
EVAL "return redis.error_reply({})" 0
EVAL "return redis.error_reply(5)" 0
EVAL "return redis.status_reply('a')" 0
EVAL "return redis.status_reply({})" 0
EVAL "return redis.status_reply(5)" 0
EVAL "return redis.REDIS_VERSION" 0
EVAL "return redis.REDIS_VERSION_NUM" 0
EVAL "return {pcall(nil)}" 0
EVAL "return {pcall()}" 0
EVAL "return {pcall(error,'x')}" 0
EVAL "return {pcall(error)}" 0
EVAL "return {pcall(error,{1,2})}" 0
EVAL "return {pcall(error,{err='z'})}" 0
EVAL "return {pcall(function() error('x') end)}" 0
EVAL "return {pcall(function() return 1,2,3 end)}" 0
EVAL "return {select('#', pcall(function() return nil,nil end))}" 0
EVAL "return {xpcall(function() error('x') end, function(e) return 'h:' .. e end)}" 0
EVAL "return {xpcall(function() return 4 end, function(e) return 'h:' .. e end)}" 0
EVAL "return {pcall(pcall)}" 0
EVAL "return {pcall(pcall, error, 'e')}" 0
EVAL "local ok, e = pcall(function() local t = {} ; t[nil] = 1 end) return e" 0
EVAL "local ok, e = pcall(function() local t = {} ; t[0/0] = 1 end) return e" 0
EVAL "local f = loadstring('return 1+') return f" 0
EVAL "return loadstring('return 1+1')()" 0
EVAL "return loadstring('return ...')(7)" 0
EVAL "local f = loadstring('x=1') f()" 0
EVAL "local f = loadstring('error(5)','@foo') f()" 0
EVAL "return {loadstring('error([[q]])','=foo')}" 0 x
EVAL "local n = 0 return load(function() n = n + 1 if n == 1 then return 'return ' elseif n == 2 then return '42' end end)()" 0
EVAL "return _VERSION" 0
`,
	"commands": `
EVAL "return 1" 2 a
EVAL "return 1" -1
EVAL "return 1" a
EVAL "return 1"
EVAL
EVALSHA abc 0
EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0
SCRIPT LOAD "return 1"
EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0
EVALSHA E0E1F9FABFC9D4800C877A703B823AC0578FF8DB 0
EVALSHA_RO e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0
EVAL "return 2" 0
SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db 7f923f79fe76194c868d7e1d0820de36700eb649 0
SCRIPT FLUSH foo
SCRIPT FLUSH SYNC ASYNC
SCRIPT FLUSH SYNC
SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db
SCRIPT FLUSH
SCRIPT FLUSH async
SCRIPT KILL
SCRIPT foo
SCRIPT
SCRIPT EXISTS
SCRIPT LOAD
EVAL_RO "return redis.call('set','a','b')" 0
EVAL_RO "return redis.pcall('set','a','b')" 0
EVAL_RO "return redis.call('get','a')" 1 a
EVAL "#!lua name=x\nreturn 1" 0
EVAL "#!lua flags=foo\nreturn 1" 0
EVAL "#!lua flags=no-writes\nreturn redis.call('set','a','b')" 0
EVAL "#!lua flags=no-writes,allow-stale\nreturn redis.call('get','a')" 0
EVAL "#!lua flags=\nreturn 1" 0
EVAL "#!lua\nreturn redis.call('set','a','b')" 0
EVAL "#!lua\n\nerror('l')" 0
EVAL "#!lua" 0
EVAL "#!foo\nreturn 1" 0
EVAL "#!lua foo=bar\nreturn 1" 0
EVAL_RO "#!lua\nreturn 1" 0
EVAL_RO "#!lua flags=no-writes\nreturn 1" 0
EVAL "#!lua flags=no-cluster\nreturn 1" 0
SCRIPT LOAD "#!lua flags=x\nreturn 1"
MULTI
EVAL "return redis.call('incr','n')" 1 n
EVAL "return redis.call('incr','undeclared')" 0
SCRIPT LOAD "return 5"
EXEC
MULTI
EVAL "return 1" 5
EXEC
`,
	"strings":   stringsConversation,
	"libraries": librariesConversation,
}

const stringsConversation = `
EVAL "return tostring(0/0)..' '..tostring(1e15)..' '..tostring(1e14)..' '..tostring(99999999999999)..' '..tostring(2^53)..' '..tostring(-1.5)..' '..tostring(1/3)" 0
EVAL "return tostring(1e100)..' '..tostring(-1e-7)..' '..tostring(123456.789e3)..' '..tostring(1/0)..' '..tostring(-1/0)" 0
EVAL "return 1e15 .. '|' .. 0.1 .. '|' .. 100 .. '|' .. -5.25 .. '|' .. 3.0" 0
EVAL "return 10 .. 20" 0
EVAL "return tostring(nil)..tostring(true)..tostring('x')" 0
EVAL "return tonumber('0x10')..' '..tonumber('1e2')..' '..tostring(tonumber(''))..' '..tostring(tonumber('10',2))..' '..tostring(tonumber('zz',36))..' '..tostring(tonumber(' 5 '))..' '..tostring(tonumber('nan'))" 0
EVAL "return {tostring(tonumber('1 2')),tostring(tonumber('1e')),tostring(tonumber('0x')),tostring(tonumber('+5')),tostring(tonumber('-0x1f')),tostring(tonumber('--5')),tostring(tonumber('inf')),tostring(tonumber('1_0')),tostring(tonumber({})),tostring(tonumber('12',2)),tostring(tonumber('7fffffffffffffff',16)),tostring(tonumber('-ff',16))}" 0
EVAL "return {tostring('10'+5), tostring('0x10'*2), tostring('3'^2), tostring(-'2'), tostring(10 % 3), tostring(-10 % 3), tostring(5.5 % 2)}" 0
EVAL "return {#'abc', ('x'):rep(3), ('abc'):upper(), ('ABC'):lower(), ('abc'):reverse(), ('abc'):len()}" 0
EVAL "return {('hello'):sub(2,3), ('hello'):sub(-3), ('hello'):sub(2), ('hello'):sub(0), ('hello'):sub(10), ('hello'):sub(-100,2), ('hello'):sub(3,2), ('hello'):sub(2,-2)}" 0
EVAL "return {('abc'):byte(), ('abc'):byte(2), ('abc'):byte(1,3), ('abc'):byte(-1), ('abc'):byte(10)}" 0
EVAL "return string.char(72,105) .. string.char()" 0
EVAL "return string.char(256)" 0
EVAL "return string.rep('ab',3) .. string.rep('x',0) .. string.rep('x',-1)" 0
EVAL "return string.rep()" 0
EVAL "return string.rep('x',10,5)" 0
EVAL "return {string.find('hello world','o w')}" 0
EVAL "return {string.find('hello','l+')}" 0
EVAL "return {string.find('hello','(l)(l)')}" 0
EVAL "return {string.find('hello','xyz')}" 0
EVAL "return {string.find('a.b','.',1,true)}" 0
EVAL "return {string.find('a.b','%.')}" 0
EVAL "return {string.find('abc','b',-1)}" 0
EVAL "return {string.find('abc','b',-2)}" 0
EVAL "return {string.find('abc','',10)}" 0
EVAL "return {string.find('abc','')}" 0
EVAL "return {string.find('abc','',4)}" 0
EVAL "return {string.find('abc','()b()')}" 0
EVAL "return {string.find('abc','^b')}" 0
EVAL "return {string.find('abc','c$')}" 0
EVAL "return {string.match('key=value','(%w+)=(%w+)')}" 0
EVAL "return {string.match('2024-01-02','(%d+)-(%d+)-(%d+)')}" 0
EVAL "return {string.match('  trim  ','^%s*(.-)%s*$')}" 0
EVAL "return {string.match('abc','()')}" 0
EVAL "return {string.match('THE (quick) fox','%((%a+)%)')}" 0
EVAL "return {string.match('f(a(b)c)d','%b()')}" 0
EVAL "return {string.match('abcabc','(abc)%1')}" 0
EVAL "return {string.match('x','%')}" 0
EVAL "return {string.match('x','[a')}" 0
EVAL "return {string.match('x','(x')}" 0
EVAL "return {string.match('x','x)')}" 0
EVAL "return {string.match('x','%1')}" 0
EVAL "return {string.match('x]','[]]')}" 0
EVAL "return {string.match('x-y','[a-]+')}" 0
EVAL "return {string.match('a^b','[b^]')}" 0
EVAL "return {string.match('abc123','[^%d]+')}" 0
EVAL "return {string.match('THE (quick) fox','%f[%a]%a+%f[%A]')}" 0
EVAL "return {string.gsub('THE (quick) fox','%f[%a]%a+','X')}" 0
EVAL "return {string.gsub('hello world','o','0')}" 0
EVAL "return {string.gsub('hello world','o','0',1)}" 0
EVAL "return {string.gsub('hello','','-')}" 0
EVAL "return {string.gsub('hello','(l)(l)','%2%1%0%%')}" 0
EVAL "return {string.gsub('hello','l','%3')}" 0
EVAL "return {string.gsub('hello','l','%x')}" 0
EVAL "return {string.gsub('hello','l',{l='L'})}" 0
EVAL "return {string.gsub('hello','.',function(c) if c == 'l' then return 'L' end end)}" 0
EVAL "return {string.gsub('hello','l',function() return {} end)}" 0
EVAL "return {string.gsub('hello','l',function() return 5.5 end)}" 0
EVAL "return {string.gsub('hello','l',true)}" 0
EVAL "return {string.gsub('abc','^a','x')}" 0
EVAL "return {string.gsub('aaa','^a','x')}" 0
EVAL "return {string.gsub('abc def','%w+','<%0>')}" 0
EVAL "return {string.gsub('abc','b*','-')}" 0
EVAL "local t = {} for w in string.gmatch('one two three','%a+') do t[#t+1] = w end return t" 0
EVAL "local t = {} for k,v in string.gmatch('a=1, b=2','(%w+)=(%w+)') do t[#t+1] = k..v end return t" 0
EVAL "local t = {} for p in string.gmatch('abc','()') do t[#t+1] = p end return t" 0
EVAL "return string.format('%d %5d|%-5d|%05d|%+d|% d', 1, 2, 3, 4, 5, 6)" 0
EVAL "return string.format('%d', 3.99) .. string.format('%d', -3.99)" 0
EVAL "return string.format('%.3d|%5.3d|%x|%X|%#x|%o|%u', 5, 5, 255, 255, 255, 8, 7)" 0
EVAL "return string.format('%x', -1)" 0
EVAL "return string.format('%f|%.2f|%10.3f|%-10.1f|%e|%.0f', 1.5, 2.345, 3.14159, 2.5, 12345.678, 0.5)" 0
EVAL "return string.format('%g|%g|%g|%.3g|%G|%g|%g', 1, 0.1, 1e20, 1234.5, 1e-10, 100000, 1000000)" 0
EVAL "return string.format('%.14g|%.17g|%5.1f|%a', 1/3, 0.1, 2.25, 1)" 0
EVAL "return string.format('%s|%10s|%-10s|%.2s|%s|%s', 'a', 'b', 'c', 'defg', 1.5, 1e15)" 0
EVAL "return string.format('%q', 'a\\\\b\"c' .. string.char(10) .. string.char(0) .. string.char(13))" 0
EVAL "return string.format('%c%c%c|%5c|%%', 72, 105, 33, 65)" 0
EVAL "return string.format('%i', 42)" 0
EVAL "return string.format('%d','x')" 0
EVAL "return string.format('%d','10')" 0
EVAL "return string.format('%y',1)" 0
EVAL "return string.format('%d')" 0
EVAL "return string.format('%')" 0
EVAL "return string.format('%s', {})" 0
EVAL "return string.format('%s', nil)" 0
EVAL "return string.format('%s', true)" 0
EVAL "return string.format('%123d', 1)" 0
EVAL "return string.format('%1.123f', 1)" 0
EVAL "return string.format('%-+ #00d', 1)" 0
EVAL "return string.format('%g %g %g %f %d', 0/0, 1/0, -1/0, 1/0, 0/0)" 0
EVAL "return string.format('%5s|%-5s|%05d', 'abcdefg', 'ab', -3)" 0
EVAL "return string.format()" 0
EVAL "return table.concat({1,2,3},',') .. table.concat({}) .. table.concat({1,'a',2.5},'-',2,3)" 0
EVAL "return table.concat({1,{},3})" 0
EVAL "return table.concat({1,2,3},',',1,5)" 0
EVAL "local t = {3,1,2} table.sort(t) return t" 0
EVAL "local t = {3,1,2} table.sort(t,function(a,b) return a > b end) return t" 0
EVAL "local t = {'b','a','c'} table.sort(t) return t" 0
EVAL "local t = {1,'a'} table.sort(t) return t" 0 x
EVAL "local t = {1,2,3} table.insert(t,4) table.insert(t,1,0) table.insert(t,3,9) return t" 0
EVAL "local t = {1} table.insert(t,1,2,3)" 0
EVAL "local t = {1,2,3} local a = table.remove(t) local b = table.remove(t,1) return {a,b,#t,t[1]}" 0
EVAL "return {table.remove({})}" 0
EVAL "local t = {1,2,3} table.remove(t,7) return #t" 0
EVAL "return {table.getn({1,2,3}), table.maxn({1,2,[10]=5})}" 0
EVAL "table.setn({},1)" 0
EVAL "local s = '' table.foreachi({1,2,3},function(i,v) s = s..i..v end) return s" 0
EVAL "return table.foreach({1,2,3},function(k,v) if v == 2 then return k end end)" 0
EVAL "return {unpack({1,2,3})}" 0
EVAL "return {unpack({1,2,3},2)}" 0
EVAL "return {unpack({1,2,3},2,3)}" 0
EVAL "return unpack({},1,8000)" 0
EVAL "return {select(2,'a','b','c')}" 0
EVAL "return {select('#','a','b','c'), select(-1,'a','b')}" 0
EVAL "return select(0)" 0
EVAL "return {select(-5,1)}" 0
EVAL "local t = setmetatable({},{__tostring=function() return 'X' end, __call=function(self,a) return a end, __concat=function() return 'cc' end, __eq=function() return true end}) return {tostring(t), t(3), t..'a', 'b'..t}" 0
EVAL "local t = setmetatable({},{__add=function(a,b) return 'add' end, __lt=function() return true end, __index={z=26}}) return {t+1, 1+t, tostring(t<t), t.z}" 0
EVAL "return {math.floor(1.7), math.ceil(1.2), math.max(1,5,3), math.min(4,2), math.abs(-3), math.sqrt(16), math.fmod(7,3), math.pow(2,10)}" 0
EVAL "return {tostring(math.pi), tostring(math.huge), tostring(math.exp(1)), tostring(math.log(10)), tostring(math.log10(1000)), tostring(math.sin(1)), tostring(math.cos(1)), tostring(math.tan(1))}" 0
EVAL "return {tostring(math.modf(3.7)), tostring(select(2,math.modf(-3.5))), tostring(math.frexp(10)), tostring(math.ldexp(0.5,4)), tostring(math.deg(math.pi)), tostring(math.rad(180)), tostring(math.atan2(1,2))}" 0
EVAL "math.randomseed(5) return {math.random(1000), tostring(math.random())}" 0
EVAL "math.randomseed(-7) return {math.random(1000), tostring(math.random())}" 0
EVAL "return math.random(0)" 0
EVAL "return math.random(5,1)" 0
EVAL "return math.max()" 0
EVAL "return {type(1),type('a'),type(nil),type({}),type(print == nil),type(type)}" 0 x
EVAL "return type()" 0
EVAL "return {rawequal('a','a'), rawlen == nil}" 0 x
EVAL "return {rawget({5},1), #rawset({},1,2), tostring(rawequal({},{}))}" 0
EVAL "return assert(false)" 0
EVAL "return assert(nil,'msg')" 0
EVAL "return {assert(1,2,3)}" 0
EVAL "return collectgarbage('count') > 0" 0
EVAL "return collectgarbage()" 0
EVAL "return collectgarbage('bogus')" 0
EVAL "local co = coroutine.create(function(a) local b = coroutine.yield(a+1) return b*2 end) local _,x = coroutine.resume(co,1) local _,y = coroutine.resume(co,10) return {x,y,coroutine.status(co)}" 0
EVAL "local co = coroutine.wrap(function() for i=1,3 do coroutine.yield(i) end end) return {co(),co(),co()}" 0
EVAL "local co = coroutine.create(function() error('e') end) return {coroutine.resume(co)}" 0
EVAL "local co = coroutine.wrap(function() error({err='W x'}) end) co()" 0
EVAL "local co = coroutine.create(function() end) coroutine.resume(co) return {coroutine.resume(co)}" 0
EVAL "return coroutine.running()" 0
EVAL "return coroutine.create(1)" 0 x
EVAL "local co = coroutine.wrap(function() return redis.call('set','co','1') end) return co()" 0
EVAL "local t = {} for i=1,10 do t[i]=i end for k in pairs(t) do t[k]=nil end return next(t) == nil" 0
EVAL "local n = 0 for k,v in pairs({1,2,3,a=1,b=2}) do n = n + 1 end return n" 0
EVAL "local n = 0 for k in pairs(string) do n = n + 1 end return n" 0
EVAL "local t={} for k in pairs(redis) do t[#t+1]=k end table.sort(t) return #t > 5" 0
EVAL "local i = 0 repeat local z = i i = i + 1 until z == 3 return i" 0
EVAL "local a, b, c = (function() return 1,2,3 end)() return {a,b,c}" 0
EVAL "local function f(...) return select('#',...), ... end return {f(nil,nil)}" 0
EVAL "local function f(...) return arg.n end return f(1,2,3)" 0
EVAL "return #arg" 0 x
EVAL "local t = {f=function(self,x) return x end} return t:f(5)" 0
EVAL "local s = 'x' return s:len() .. (s):rep(2) .. #s" 0
EVAL "return (('a'..'b')..'c')..1 ..2" 0
EVAL "local x = 'a' .. 1 == 'a1' return tostring(x)" 0
EVAL "return not nil == true and 2^3^2 or 0" 0
EVAL "return -2^2" 0
EVAL "return 7 % -3" 0
EVAL "return {[[long]], [==[a]]b]==], '\\65\\066c', '\\z' == 'z'}" 0
EVAL "return 0x1F + 1e1 + .5" 0
`

const librariesConversation = `
EVAL "return {bit.tobit(0xffffffff), bit.tobit(2^40+5), bit.tobit(1.5), bit.tobit(2.5), bit.tobit(-1), bit.tobit(1e20), bit.tobit('7')}" 0
EVAL "return {bit.bnot(0), bit.band(0xff,0x0f), bit.bor(1,2,4), bit.bxor(5,1), bit.bswap(0x12345678)}" 0
EVAL "return {bit.lshift(1,31), bit.lshift(1,32), bit.rshift(-1,28), bit.arshift(-256,4), bit.rol(0x12345678,8), bit.ror(0x12345678,8), bit.lshift(1,-1)}" 0
EVAL "return {bit.tohex(255), bit.tohex(-1), bit.tohex(255,4), bit.tohex(0xabcdef,-6), bit.tohex(1,0), bit.tohex(1,20), bit.tohex(1,-20)}" 0
EVAL "return bit.band()" 0
EVAL "return bit.band('x')" 0
EVAL "return bit.tobit({})" 0
EVAL "return struct.pack('>I2',258) .. struct.pack('<I2',258) .. struct.pack('b',-1) .. struct.pack('B',255)" 0
EVAL "return struct.pack('>hHlLiI',-2,65535,-3,4,-5,6)" 0
EVAL "return struct.pack('<fd',1.5,-2.25) .. struct.pack('>fd',1.5,-2.25)" 0
EVAL "return struct.pack('s','abc') .. struct.pack('c2','abc') .. struct.pack('c0','abc') .. struct.pack('xBx',1)" 0
EVAL "return struct.pack('!4 bI','1',2) .. struct.pack('!bl',1,2) .. struct.pack('!2bIb',1,2,3)" 0
EVAL "return struct.pack('>i3 <i3 i1 I8 i16',1,2,3,4,5)" 0
EVAL "return struct.pack('c5','abc')" 0
EVAL "return struct.pack('i33',1)" 0
EVAL "return struct.pack('y',1)" 0
EVAL "return struct.pack('!3b',1)" 0
EVAL "return struct.pack('b')" 0
EVAL "return struct.pack('T',5) .. struct.pack('I',-1) .. struct.pack('H',70000) .. struct.pack('b',3.99)" 0
EVAL "return {struct.size('>I2hlLiIbBfd'), struct.size('!bl'), struct.size('c10x'), struct.size('')}" 0
EVAL "return struct.size('s')" 0
EVAL "return struct.size('c0')" 0
EVAL "return {struct.unpack('>I2','\\1\\2')}" 0
EVAL "return {struct.unpack('<hHb','\\255\\255\\255\\255\\255')}" 0
EVAL "return {struct.unpack('>i4','\\255\\255\\255\\254')}" 0
EVAL "return {struct.unpack('<l','\\1\\0\\0\\0\\0\\0\\0\\128')}" 0
EVAL "local a,b,p = struct.unpack('>fd',struct.pack('>fd',1.5,-2.25)) return {tostring(a),tostring(b),p}" 0
EVAL "return {struct.unpack('sbs','abc\\0\\5def\\0')}" 0
EVAL "return {struct.unpack('Bc0b','\\3abcd')}" 0
EVAL "return {struct.unpack('c3','abcdef',2)}" 0
EVAL "return {struct.unpack('c3','abcdef',5)}" 0
EVAL "return {struct.unpack('c3','abcdef',0)}" 0
EVAL "return {struct.unpack('c0','abc')}" 0
EVAL "return {struct.unpack('Bc0','\\9abc')}" 0
EVAL "return {struct.unpack('s','abc')}" 0
EVAL "return {struct.unpack('I4','abc')}" 0
EVAL "return {struct.unpack('!4bI','\\1\\0\\0\\0\\2\\0\\0\\0')}" 0
EVAL "return {struct.unpack('I','abcd',100)}" 0
EVAL "return cjson.encode({1,2,3})" 0
EVAL "return cjson.encode({a=1})" 0
EVAL "return cjson.encode({})" 0
EVAL "return cjson.encode({{}, {1,{2}}, 'x', true, false, cjson.null})" 0
EVAL "return cjson.encode({1,nil,3})" 0
EVAL "return cjson.encode({[1]=1,[2]=2,[4]=4})" 0
EVAL "return cjson.encode({[1]=1,[100]=2})" 0
EVAL "return cjson.encode({[1000]=2})" 0
EVAL "cjson.encode_sparse_array(true) return cjson.encode({[1000]=2})" 0
EVAL "return {cjson.encode_sparse_array(false,2,10) and 1 or 0}" 0
EVAL "return cjson.encode({[1.5]='x'})" 0
EVAL "return cjson.encode({[-1]='x'})" 0
EVAL "return cjson.encode({[0]='x'})" 0
EVAL "return cjson.encode({[true]='x'})" 0
EVAL "return cjson.encode(1.5) .. cjson.encode(1e20) .. cjson.encode(-0.1) .. cjson.encode(1/3) .. cjson.encode(12345678901234567890)" 0
EVAL "return cjson.encode('a\\\"b/c\\\\d\\n\\r\\t\\b\\f\\0\\1\\31\\127\\200')" 0
EVAL "return cjson.encode(nil) .. cjson.encode(true) .. cjson.encode(cjson.null)" 0
EVAL "return cjson.encode(function() end)" 0
EVAL "return cjson.encode({a={f=print == nil}})" 0 x
EVAL "return cjson.encode(0/0)" 0
EVAL "return cjson.encode(1/0)" 0
EVAL "return cjson.encode()" 0
EVAL "return cjson.encode(1,2)" 0
EVAL "local t = {} for i=1,1001 do t = {t} end return cjson.encode(t)" 0
EVAL "local t = {1} for i=1,990 do t = {t} end return #cjson.encode(t)" 0
EVAL "local t = {} t.x = t return cjson.encode(t)" 0
EVAL "return cjson.decode('[1,2,3]')" 0
EVAL "local t = cjson.decode('{\"a\":{\"b\":[1,2,{\"c\":null}]},\"d\":true}') return {t.a.b[1], t.a.b[2], tostring(t.a.b[3].c == cjson.null), tostring(t.d)}" 0
EVAL "return cjson.decode('\"a\\\\u00e9\\\\u20ac\\\\ud83d\\\\ude00\\\\n\\\\\\/\"')" 0
EVAL "return tostring(cjson.decode('1e3')) .. ' ' .. tostring(cjson.decode('-0.5')) .. ' ' .. tostring(cjson.decode('12345678901234567890'))" 0
EVAL "return tostring(cjson.decode('0x1f')) .. ' ' .. tostring(cjson.decode('inf')) .. ' ' .. tostring(cjson.decode('007')) .. ' ' .. tostring(cjson.decode('-inf')) .. ' ' .. tostring(cjson.decode('+5'))" 0
EVAL "return tostring(cjson.decode('null'))" 0
EVAL "return cjson.decode('  [ 1 , 2 ]  ')" 0
EVAL "return cjson.decode('')" 0
EVAL "return cjson.decode('[1,2')" 0
EVAL "return cjson.decode('[1,]')" 0
EVAL "return cjson.decode('[1 2]')" 0
EVAL "return cjson.decode('{\"a\" 1}')" 0
EVAL "return cjson.decode('{\"a\":1,}')" 0
EVAL "return cjson.decode('{a:1}')" 0
EVAL "return cjson.decode('{1:1}')" 0
EVAL "return cjson.decode('[1] x')" 0
EVAL "return cjson.decode('[1] 2')" 0
EVAL "return cjson.decode('\"abc')" 0
EVAL "return cjson.decode('\"a\\\\x\"')" 0
EVAL "return cjson.decode('\"a\\\\u12\"')" 0
EVAL "return cjson.decode('\"a\\\\ud800\"')" 0
EVAL "return cjson.decode('\"a\\\\')" 0
EVAL "return cjson.decode('truex')" 0
EVAL "return cjson.decode('tru')" 0
EVAL "return cjson.decode('-')" 0
EVAL "return cjson.decode('1.2.3')" 0
EVAL "return cjson.decode('@')" 0
EVAL "return cjson.decode(']')" 0
EVAL "return cjson.decode('\\0x')" 0
EVAL "return cjson.decode(string.rep('[',1001))" 0
EVAL "return cjson.decode(5)" 0
EVAL "return cjson.decode()" 0
EVAL "return cjson.decode({})" 0
EVAL "return {cjson.encode_max_depth(), cjson.decode_max_depth(), cjson.encode_number_precision()}" 0
EVAL "return cjson.encode_number_precision(20)" 0
EVAL "return cjson.encode_max_depth(0)" 0
EVAL "local j = cjson.new() j.encode_number_precision(3) return j.encode(1/3) .. cjson.encode(1/3)" 0
EVAL "return cjson._NAME .. cjson._VERSION" 0
EVAL "return tostring(cjson.null)" 0
EVAL "return type(cjson.null)" 0
EVAL "return cmsgpack.pack(1,-1,127,128,255,256,65535,65536,4294967295,4294967296,-32,-33,-128,-129,-32768,-32769,-2147483648,-2147483649)" 0
EVAL "return cmsgpack.pack(1.5,0.1,1e300,2^53,-2^53,2^63,2^64,-2^63)" 0
EVAL "return cmsgpack.pack('',string.rep('a',31),string.rep('b',32),string.rep('c',255),string.rep('d',256))" 0
EVAL "return #cmsgpack.pack(string.rep('e',65536))" 0
EVAL "return cmsgpack.pack(true,false,nil,{},{1,2,3},{a=1},{1,nil,3},{[1.5]=1},function() end,cjson.null)" 0
EVAL "local t = {} for i=1,20 do t[i]=i end return cmsgpack.pack(t)" 0
EVAL "local t = {} for i=1,20 do t = {t} end return cmsgpack.pack(t)" 0
EVAL "return cmsgpack.pack(0/0,1/0,-1/0)" 0
EVAL "return cmsgpack.pack()" 0
EVAL "return {cmsgpack.unpack(cmsgpack.pack(1,'a',true,{1,2,{x='y'}},1.5,-100000))}" 0
EVAL "return cmsgpack.unpack(cmsgpack.pack({a={b={c='d'}}})).a.b.c" 0
EVAL "return {cmsgpack.unpack('')}" 0
EVAL "return {cmsgpack.unpack('\\193')}" 0
EVAL "return {cmsgpack.unpack('\\146\\1')}" 0
EVAL "return {cmsgpack.unpack('\\217')}" 0
EVAL "return {cmsgpack.unpack('\\196\\2ab\\197\\0\\1c')}" 0
EVAL "return {cmsgpack.unpack_one(cmsgpack.pack(1,2,3))}" 0
EVAL "return {cmsgpack.unpack_one(cmsgpack.pack(1,2,3),1)}" 0
EVAL "return {cmsgpack.unpack_one(cmsgpack.pack(1,2,3),2)}" 0
EVAL "return {cmsgpack.unpack_one(cmsgpack.pack(1,2,3),9)}" 0
EVAL "return {cmsgpack.unpack_one(cmsgpack.pack(1,2,3),-1)}" 0
EVAL "return {cmsgpack.unpack_limit(cmsgpack.pack(1,2,3),2)}" 0
EVAL "return {cmsgpack.unpack_limit(cmsgpack.pack(1,2,3),5)}" 0
EVAL "return {cmsgpack.unpack_limit(cmsgpack.pack(1,2,3),2,1)}" 0
EVAL "return {cmsgpack.unpack_limit(cmsgpack.pack(1,2,3),0)}" 0
EVAL "return {cmsgpack.unpack_limit(cmsgpack.pack(1,2,3),-1)}" 0
EVAL "return cmsgpack.unpack({})" 0
EVAL "return {tostring(cmsgpack.unpack('\\207\\255\\255\\255\\255\\255\\255\\255\\255')), tostring(cmsgpack.unpack('\\202\\63\\192\\0\\0'))}" 0
EVAL "return cmsgpack._NAME .. cmsgpack._VERSION" 0
`
