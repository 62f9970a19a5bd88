# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_wscope_global_optspecs
    string join \n V/version m/message= t/text b/binary i/input= o/output= chunk-size= no-input echo n/count= 1 until= linger= fragment= lenient max-message= max-fragments= H/header= origin= s/subprotocol= z/compress= user-agent= u/user= bearer= cookie= L/location max-redirs= 4 6 resolve= unix-socket= x/proxy= connect-timeout= max-head= timeout= unsafe-handshake k/insecure cacert= cert= key= pkcs12= pass-file= sni= tls-min= tls-max= ping-interval= ping-timeout= no-pong idle-timeout= reconnect= reconnect-delay= reconnect-max= close-code= close-reason= close-timeout= v/verbose frames q/quiet time= hex-limit= text-limit= pretty= color= raw-terminal progress record= show-secrets no-history no-config h/help
end

function __fish_wscope_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_wscope_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_wscope_using_subcommand
    set -l cmd (__fish_wscope_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c wscope -n "__fish_wscope_needs_command" -s m -l message -d 'Send this message first; repeat it for more' -r
complete -c wscope -n "__fish_wscope_needs_command" -s i -l input -d 'How stdin becomes messages [default: lines]' -r -f -a "lines\t'One message a line'
nul\t'Messages end with a NUL'
raw\t'Payload bytes and nothing else; as input, each block read is one binary message'
whole\t'All of stdin is one message (input only)'
hex\t'One binary message a line, in hexadecimal'
base64\t'One binary message a line, in Base64'
jsonl\t'One event record a line, in JSON'
human\t'What a terminal shows (output only)'"
complete -c wscope -n "__fish_wscope_needs_command" -s o -l output -d 'How messages are written to stdout [default: lines; on a terminal human]' -r -f -a "lines\t'One message a line'
nul\t'Messages end with a NUL'
raw\t'Payload bytes and nothing else; as input, each block read is one binary message'
whole\t'All of stdin is one message (input only)'
hex\t'One binary message a line, in hexadecimal'
base64\t'One binary message a line, in Base64'
jsonl\t'One event record a line, in JSON'
human\t'What a terminal shows (output only)'"
complete -c wscope -n "__fish_wscope_needs_command" -l chunk-size -d 'Read blocks of this size with -i raw' -r
complete -c wscope -n "__fish_wscope_needs_command" -s n -l count -d 'End when this many data messages have been received; fewer: exit code 1' -r
complete -c wscope -n "__fish_wscope_needs_command" -l until -d 'End when a received message matches this regular expression; none: exit code 1' -r
complete -c wscope -n "__fish_wscope_needs_command" -l linger -d 'After the end of input, end when nothing has arrived for this time' -r
complete -c wscope -n "__fish_wscope_needs_command" -l fragment -d 'Send messages in fragments of at most this many bytes' -r
complete -c wscope -n "__fish_wscope_needs_command" -l max-message -d 'The largest message, sent or received; a larger one received fails the connection (1009)' -r
complete -c wscope -n "__fish_wscope_needs_command" -l max-fragments -d 'The most fragments of a message received, empty ones too; more fail the connection (1009)' -r
complete -c wscope -n "__fish_wscope_needs_command" -s H -l header -d 'Send this header field with the request' -r
complete -c wscope -n "__fish_wscope_needs_command" -l origin -d 'Send this Origin' -r
complete -c wscope -n "__fish_wscope_needs_command" -s s -l subprotocol -d 'Offer this subprotocol; repeat it, or give a comma list' -r
complete -c wscope -n "__fish_wscope_needs_command" -s z -l compress -d 'Offer permessage-deflate, so that messages are compressed where the server agrees (RFC 7692)' -r
complete -c wscope -n "__fish_wscope_needs_command" -l user-agent -d 'Send this User-Agent [default: wscope/VERSION]' -r
complete -c wscope -n "__fish_wscope_needs_command" -s u -l user -d 'Log in with Basic credentials; a missing password is asked for on a terminal' -r
complete -c wscope -n "__fish_wscope_needs_command" -l bearer -d 'Send `Authorization: Bearer TOKEN`; @FILE reads the token from a file' -r
complete -c wscope -n "__fish_wscope_needs_command" -l cookie -d 'Send this Cookie, written `name=value; name=value`' -r
complete -c wscope -n "__fish_wscope_needs_command" -l max-redirs -d 'Follow at most this many redirects' -r
complete -c wscope -n "__fish_wscope_needs_command" -l resolve -d 'Connect to ADDR where HOST:PORT is named' -r
complete -c wscope -n "__fish_wscope_needs_command" -l unix-socket -d 'Connect to this Unix socket; the URL still gives Host and path' -r -F
complete -c wscope -n "__fish_wscope_needs_command" -s x -l proxy -d 'Connect through this proxy: http, https, socks5 or socks5h' -r
complete -c wscope -n "__fish_wscope_needs_command" -l connect-timeout -d 'Give up when the connection is not open after this time, from name look-up to the 101' -r
complete -c wscope -n "__fish_wscope_needs_command" -l max-head -d 'The largest head of an answer to the opening handshake, with all interim ones before it; no line may be longer than 8K' -r
complete -c wscope -n "__fish_wscope_needs_command" -l timeout -d 'End the whole run after this time, with exit code 124' -r
complete -c wscope -n "__fish_wscope_needs_command" -l cacert -d 'Trust the certificates in this file (PEM or DER) instead of the system\'s' -r -F
complete -c wscope -n "__fish_wscope_needs_command" -l cert -d 'Show this client certificate (PEM, leaf first); needs --key' -r -F
complete -c wscope -n "__fish_wscope_needs_command" -l key -d 'The private key of --cert (PEM: PKCS#8, PKCS#1 or SEC1)' -r -F
complete -c wscope -n "__fish_wscope_needs_command" -l pkcs12 -d 'Show the client certificate in this PKCS#12 file; its password is asked for' -r -F
complete -c wscope -n "__fish_wscope_needs_command" -l pass-file -d 'Read the password of --pkcs12 from the first line of this file' -r -F
complete -c wscope -n "__fish_wscope_needs_command" -l sni -d 'Send this server name, and expect the certificate to be for it' -r
complete -c wscope -n "__fish_wscope_needs_command" -l tls-min -d 'The oldest TLS version to accept: 1.2 or 1.3' -r
complete -c wscope -n "__fish_wscope_needs_command" -l tls-max -d 'The newest TLS version to offer: 1.2 or 1.3' -r
complete -c wscope -n "__fish_wscope_needs_command" -l ping-interval -d 'Send a ping this often [default: never]' -r
complete -c wscope -n "__fish_wscope_needs_command" -l ping-timeout -d 'End with exit code 7 when a pong takes longer than this; counts with --ping-interval' -r
complete -c wscope -n "__fish_wscope_needs_command" -l idle-timeout -d 'End with exit code 124 when no data message went either way for this time' -r
complete -c wscope -n "__fish_wscope_needs_command" -l reconnect -d 'Connect again when the connection is lost, at most N times in a row' -r
complete -c wscope -n "__fish_wscope_needs_command" -l reconnect-delay -d 'Wait this long before the first attempt to reconnect; doubles each time' -r
complete -c wscope -n "__fish_wscope_needs_command" -l reconnect-max -d 'Never wait longer than this between two attempts' -r
complete -c wscope -n "__fish_wscope_needs_command" -l close-code -d 'Close with this code' -r
complete -c wscope -n "__fish_wscope_needs_command" -l close-reason -d 'Close with this reason, at most 123 bytes' -r
complete -c wscope -n "__fish_wscope_needs_command" -l close-timeout -d 'Wait this long for the answer to our close frame, then end with exit code 7' -r
complete -c wscope -n "__fish_wscope_needs_command" -l time -d 'Show when each event happened: relative, clock or delta [default: relative]' -r -f -a "relative\t'Seconds since the start'
clock\t'The time of day'
delta\t'Seconds since the event before'"
complete -c wscope -n "__fish_wscope_needs_command" -l hex-limit -d 'Show at most this many bytes of a binary payload on a terminal; 0 is all' -r
complete -c wscope -n "__fish_wscope_needs_command" -l text-limit -d 'Show at most this many bytes of a text payload on a terminal; 0 is all' -r
complete -c wscope -n "__fish_wscope_needs_command" -l pretty -d 'Lay out JSON payloads: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c wscope -n "__fish_wscope_needs_command" -l color -d 'Use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set, or TERM is dumb or not set'
always\t'Always'
never\t'Never'"
complete -c wscope -n "__fish_wscope_needs_command" -l record -d 'Write the session as event records to this file' -r -F
complete -c wscope -n "__fish_wscope_needs_command" -s V -l version -d 'Print the version and the TLS library'
complete -c wscope -n "__fish_wscope_needs_command" -s t -l text -d 'Send text messages, whatever the input form'
complete -c wscope -n "__fish_wscope_needs_command" -s b -l binary -d 'Send binary messages; alone it makes `raw` the default form both ways'
complete -c wscope -n "__fish_wscope_needs_command" -l no-input -d 'Never read stdin; the session then has no end of input'
complete -c wscope -n "__fish_wscope_needs_command" -l echo -d 'Send every data message back as it came: makes wscope a test peer; stdin is never read'
complete -c wscope -n "__fish_wscope_needs_command" -s 1 -d 'The same as -n 1'
complete -c wscope -n "__fish_wscope_needs_command" -l lenient -d 'Report what the peer does against the protocol and go on where what follows still makes sense'
complete -c wscope -n "__fish_wscope_needs_command" -s L -l location -d 'Follow redirects; credentials never follow to another origin, and wss never becomes ws'
complete -c wscope -n "__fish_wscope_needs_command" -s 4 -d 'Use IPv4 only'
complete -c wscope -n "__fish_wscope_needs_command" -s 6 -d 'Use IPv6 only'
complete -c wscope -n "__fish_wscope_needs_command" -l unsafe-handshake -d 'Let -H set the header fields that the opening handshake itself is made of'
complete -c wscope -n "__fish_wscope_needs_command" -s k -l insecure -d 'Do not verify the server\'s certificate'
complete -c wscope -n "__fish_wscope_needs_command" -l no-pong -d 'Do not answer pings'
complete -c wscope -n "__fish_wscope_needs_command" -s v -l verbose -d 'Show the heads of request and response, TLS facts, timings, compression and final statistics; -vv: frames too'
complete -c wscope -n "__fish_wscope_needs_command" -l frames -d 'Show each frame, sent and received, as it was on the wire'
complete -c wscope -n "__fish_wscope_needs_command" -s q -l quiet -d 'Say nothing on stderr but errors'
complete -c wscope -n "__fish_wscope_needs_command" -l raw-terminal -d 'Do not neutralise control characters of the peer on a terminal'
complete -c wscope -n "__fish_wscope_needs_command" -l progress -d 'Show messages, bytes and rate on stderr while a pipe runs'
complete -c wscope -n "__fish_wscope_needs_command" -l show-secrets -d 'Show passwords, tokens and cookies instead of <redacted>'
complete -c wscope -n "__fish_wscope_needs_command" -l no-history -d 'Keep no history of typed lines'
complete -c wscope -n "__fish_wscope_needs_command" -l no-config -d 'Read no config file'
complete -c wscope -n "__fish_wscope_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c wscope -n "__fish_wscope_needs_command" -a "connect" -d 'Connect to a URL; the word may be left out'
complete -c wscope -n "__fish_wscope_needs_command" -a "demo" -d 'A session with a built-in echo server on loopback'
complete -c wscope -n "__fish_wscope_needs_command" -a "serve" -d 'A test server: echo, broadcast, canned answers'
complete -c wscope -n "__fish_wscope_needs_command" -a "completions" -d 'Print a completion script: bash, zsh, fish, powershell or elvish'
complete -c wscope -n "__fish_wscope_needs_command" -a "man" -d 'Print the man page'
complete -c wscope -n "__fish_wscope_needs_command" -a "help" -d 'Explain exit-codes, close-codes, forms, limits, records, config or repl'
complete -c wscope -n "__fish_wscope_using_subcommand connect" -s m -l message -d 'Send this message first; repeat it for more' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -s i -l input -d 'How stdin becomes messages [default: lines]' -r -f -a "lines\t'One message a line'
nul\t'Messages end with a NUL'
raw\t'Payload bytes and nothing else; as input, each block read is one binary message'
whole\t'All of stdin is one message (input only)'
hex\t'One binary message a line, in hexadecimal'
base64\t'One binary message a line, in Base64'
jsonl\t'One event record a line, in JSON'
human\t'What a terminal shows (output only)'"
complete -c wscope -n "__fish_wscope_using_subcommand connect" -s o -l output -d 'How messages are written to stdout [default: lines; on a terminal human]' -r -f -a "lines\t'One message a line'
nul\t'Messages end with a NUL'
raw\t'Payload bytes and nothing else; as input, each block read is one binary message'
whole\t'All of stdin is one message (input only)'
hex\t'One binary message a line, in hexadecimal'
base64\t'One binary message a line, in Base64'
jsonl\t'One event record a line, in JSON'
human\t'What a terminal shows (output only)'"
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l chunk-size -d 'Read blocks of this size with -i raw' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -s n -l count -d 'End when this many data messages have been received; fewer: exit code 1' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l until -d 'End when a received message matches this regular expression; none: exit code 1' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l linger -d 'After the end of input, end when nothing has arrived for this time' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l fragment -d 'Send messages in fragments of at most this many bytes' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l max-message -d 'The largest message, sent or received; a larger one received fails the connection (1009)' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l max-fragments -d 'The most fragments of a message received, empty ones too; more fail the connection (1009)' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -s H -l header -d 'Send this header field with the request' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l origin -d 'Send this Origin' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -s s -l subprotocol -d 'Offer this subprotocol; repeat it, or give a comma list' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -s z -l compress -d 'Offer permessage-deflate, so that messages are compressed where the server agrees (RFC 7692)' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l user-agent -d 'Send this User-Agent [default: wscope/VERSION]' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -s u -l user -d 'Log in with Basic credentials; a missing password is asked for on a terminal' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l bearer -d 'Send `Authorization: Bearer TOKEN`; @FILE reads the token from a file' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l cookie -d 'Send this Cookie, written `name=value; name=value`' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l max-redirs -d 'Follow at most this many redirects' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l resolve -d 'Connect to ADDR where HOST:PORT is named' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l unix-socket -d 'Connect to this Unix socket; the URL still gives Host and path' -r -F
complete -c wscope -n "__fish_wscope_using_subcommand connect" -s x -l proxy -d 'Connect through this proxy: http, https, socks5 or socks5h' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l connect-timeout -d 'Give up when the connection is not open after this time, from name look-up to the 101' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l max-head -d 'The largest head of an answer to the opening handshake, with all interim ones before it; no line may be longer than 8K' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l timeout -d 'End the whole run after this time, with exit code 124' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l cacert -d 'Trust the certificates in this file (PEM or DER) instead of the system\'s' -r -F
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l cert -d 'Show this client certificate (PEM, leaf first); needs --key' -r -F
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l key -d 'The private key of --cert (PEM: PKCS#8, PKCS#1 or SEC1)' -r -F
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l pkcs12 -d 'Show the client certificate in this PKCS#12 file; its password is asked for' -r -F
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l pass-file -d 'Read the password of --pkcs12 from the first line of this file' -r -F
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l sni -d 'Send this server name, and expect the certificate to be for it' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l tls-min -d 'The oldest TLS version to accept: 1.2 or 1.3' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l tls-max -d 'The newest TLS version to offer: 1.2 or 1.3' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l ping-interval -d 'Send a ping this often [default: never]' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l ping-timeout -d 'End with exit code 7 when a pong takes longer than this; counts with --ping-interval' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l idle-timeout -d 'End with exit code 124 when no data message went either way for this time' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l reconnect -d 'Connect again when the connection is lost, at most N times in a row' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l reconnect-delay -d 'Wait this long before the first attempt to reconnect; doubles each time' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l reconnect-max -d 'Never wait longer than this between two attempts' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l close-code -d 'Close with this code' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l close-reason -d 'Close with this reason, at most 123 bytes' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l close-timeout -d 'Wait this long for the answer to our close frame, then end with exit code 7' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l time -d 'Show when each event happened: relative, clock or delta [default: relative]' -r -f -a "relative\t'Seconds since the start'
clock\t'The time of day'
delta\t'Seconds since the event before'"
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l hex-limit -d 'Show at most this many bytes of a binary payload on a terminal; 0 is all' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l text-limit -d 'Show at most this many bytes of a text payload on a terminal; 0 is all' -r
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l pretty -d 'Lay out JSON payloads: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l color -d 'Use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set, or TERM is dumb or not set'
always\t'Always'
never\t'Never'"
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l record -d 'Write the session as event records to this file' -r -F
complete -c wscope -n "__fish_wscope_using_subcommand connect" -s t -l text -d 'Send text messages, whatever the input form'
complete -c wscope -n "__fish_wscope_using_subcommand connect" -s b -l binary -d 'Send binary messages; alone it makes `raw` the default form both ways'
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l no-input -d 'Never read stdin; the session then has no end of input'
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l echo -d 'Send every data message back as it came: makes wscope a test peer; stdin is never read'
complete -c wscope -n "__fish_wscope_using_subcommand connect" -s 1 -d 'The same as -n 1'
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l lenient -d 'Report what the peer does against the protocol and go on where what follows still makes sense'
complete -c wscope -n "__fish_wscope_using_subcommand connect" -s L -l location -d 'Follow redirects; credentials never follow to another origin, and wss never becomes ws'
complete -c wscope -n "__fish_wscope_using_subcommand connect" -s 4 -d 'Use IPv4 only'
complete -c wscope -n "__fish_wscope_using_subcommand connect" -s 6 -d 'Use IPv6 only'
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l unsafe-handshake -d 'Let -H set the header fields that the opening handshake itself is made of'
complete -c wscope -n "__fish_wscope_using_subcommand connect" -s k -l insecure -d 'Do not verify the server\'s certificate'
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l no-pong -d 'Do not answer pings'
complete -c wscope -n "__fish_wscope_using_subcommand connect" -s v -l verbose -d 'Show the heads of request and response, TLS facts, timings, compression and final statistics; -vv: frames too'
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l frames -d 'Show each frame, sent and received, as it was on the wire'
complete -c wscope -n "__fish_wscope_using_subcommand connect" -s q -l quiet -d 'Say nothing on stderr but errors'
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l raw-terminal -d 'Do not neutralise control characters of the peer on a terminal'
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l progress -d 'Show messages, bytes and rate on stderr while a pipe runs'
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l show-secrets -d 'Show passwords, tokens and cookies instead of <redacted>'
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l no-history -d 'Keep no history of typed lines'
complete -c wscope -n "__fish_wscope_using_subcommand connect" -l no-config -d 'Read no config file'
complete -c wscope -n "__fish_wscope_using_subcommand connect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c wscope -n "__fish_wscope_using_subcommand demo" -s m -l message -d 'Send this message first; repeat it for more' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -s i -l input -d 'How stdin becomes messages [default: lines]' -r -f -a "lines\t'One message a line'
nul\t'Messages end with a NUL'
raw\t'Payload bytes and nothing else; as input, each block read is one binary message'
whole\t'All of stdin is one message (input only)'
hex\t'One binary message a line, in hexadecimal'
base64\t'One binary message a line, in Base64'
jsonl\t'One event record a line, in JSON'
human\t'What a terminal shows (output only)'"
complete -c wscope -n "__fish_wscope_using_subcommand demo" -s o -l output -d 'How messages are written to stdout [default: lines; on a terminal human]' -r -f -a "lines\t'One message a line'
nul\t'Messages end with a NUL'
raw\t'Payload bytes and nothing else; as input, each block read is one binary message'
whole\t'All of stdin is one message (input only)'
hex\t'One binary message a line, in hexadecimal'
base64\t'One binary message a line, in Base64'
jsonl\t'One event record a line, in JSON'
human\t'What a terminal shows (output only)'"
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l chunk-size -d 'Read blocks of this size with -i raw' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -s n -l count -d 'End when this many data messages have been received; fewer: exit code 1' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l until -d 'End when a received message matches this regular expression; none: exit code 1' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l linger -d 'After the end of input, end when nothing has arrived for this time' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l fragment -d 'Send messages in fragments of at most this many bytes' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l max-message -d 'The largest message, sent or received; a larger one received fails the connection (1009)' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l max-fragments -d 'The most fragments of a message received, empty ones too; more fail the connection (1009)' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -s H -l header -d 'Send this header field with the request' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l origin -d 'Send this Origin' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -s s -l subprotocol -d 'Offer this subprotocol; repeat it, or give a comma list' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -s z -l compress -d 'Offer permessage-deflate, so that messages are compressed where the server agrees (RFC 7692)' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l user-agent -d 'Send this User-Agent [default: wscope/VERSION]' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -s u -l user -d 'Log in with Basic credentials; a missing password is asked for on a terminal' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l bearer -d 'Send `Authorization: Bearer TOKEN`; @FILE reads the token from a file' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l cookie -d 'Send this Cookie, written `name=value; name=value`' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l max-redirs -d 'Follow at most this many redirects' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l resolve -d 'Connect to ADDR where HOST:PORT is named' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l unix-socket -d 'Connect to this Unix socket; the URL still gives Host and path' -r -F
complete -c wscope -n "__fish_wscope_using_subcommand demo" -s x -l proxy -d 'Connect through this proxy: http, https, socks5 or socks5h' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l connect-timeout -d 'Give up when the connection is not open after this time, from name look-up to the 101' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l max-head -d 'The largest head of an answer to the opening handshake, with all interim ones before it; no line may be longer than 8K' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l timeout -d 'End the whole run after this time, with exit code 124' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l cacert -d 'Trust the certificates in this file (PEM or DER) instead of the system\'s' -r -F
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l cert -d 'Show this client certificate (PEM, leaf first); needs --key' -r -F
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l key -d 'The private key of --cert (PEM: PKCS#8, PKCS#1 or SEC1)' -r -F
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l pkcs12 -d 'Show the client certificate in this PKCS#12 file; its password is asked for' -r -F
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l pass-file -d 'Read the password of --pkcs12 from the first line of this file' -r -F
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l sni -d 'Send this server name, and expect the certificate to be for it' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l tls-min -d 'The oldest TLS version to accept: 1.2 or 1.3' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l tls-max -d 'The newest TLS version to offer: 1.2 or 1.3' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l ping-interval -d 'Send a ping this often [default: never]' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l ping-timeout -d 'End with exit code 7 when a pong takes longer than this; counts with --ping-interval' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l idle-timeout -d 'End with exit code 124 when no data message went either way for this time' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l reconnect -d 'Connect again when the connection is lost, at most N times in a row' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l reconnect-delay -d 'Wait this long before the first attempt to reconnect; doubles each time' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l reconnect-max -d 'Never wait longer than this between two attempts' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l close-code -d 'Close with this code' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l close-reason -d 'Close with this reason, at most 123 bytes' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l close-timeout -d 'Wait this long for the answer to our close frame, then end with exit code 7' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l time -d 'Show when each event happened: relative, clock or delta [default: relative]' -r -f -a "relative\t'Seconds since the start'
clock\t'The time of day'
delta\t'Seconds since the event before'"
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l hex-limit -d 'Show at most this many bytes of a binary payload on a terminal; 0 is all' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l text-limit -d 'Show at most this many bytes of a text payload on a terminal; 0 is all' -r
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l pretty -d 'Lay out JSON payloads: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l color -d 'Use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set, or TERM is dumb or not set'
always\t'Always'
never\t'Never'"
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l record -d 'Write the session as event records to this file' -r -F
complete -c wscope -n "__fish_wscope_using_subcommand demo" -s t -l text -d 'Send text messages, whatever the input form'
complete -c wscope -n "__fish_wscope_using_subcommand demo" -s b -l binary -d 'Send binary messages; alone it makes `raw` the default form both ways'
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l no-input -d 'Never read stdin; the session then has no end of input'
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l echo -d 'Send every data message back as it came: makes wscope a test peer; stdin is never read'
complete -c wscope -n "__fish_wscope_using_subcommand demo" -s 1 -d 'The same as -n 1'
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l lenient -d 'Report what the peer does against the protocol and go on where what follows still makes sense'
complete -c wscope -n "__fish_wscope_using_subcommand demo" -s L -l location -d 'Follow redirects; credentials never follow to another origin, and wss never becomes ws'
complete -c wscope -n "__fish_wscope_using_subcommand demo" -s 4 -d 'Use IPv4 only'
complete -c wscope -n "__fish_wscope_using_subcommand demo" -s 6 -d 'Use IPv6 only'
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l unsafe-handshake -d 'Let -H set the header fields that the opening handshake itself is made of'
complete -c wscope -n "__fish_wscope_using_subcommand demo" -s k -l insecure -d 'Do not verify the server\'s certificate'
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l no-pong -d 'Do not answer pings'
complete -c wscope -n "__fish_wscope_using_subcommand demo" -s v -l verbose -d 'Show the heads of request and response, TLS facts, timings, compression and final statistics; -vv: frames too'
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l frames -d 'Show each frame, sent and received, as it was on the wire'
complete -c wscope -n "__fish_wscope_using_subcommand demo" -s q -l quiet -d 'Say nothing on stderr but errors'
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l raw-terminal -d 'Do not neutralise control characters of the peer on a terminal'
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l progress -d 'Show messages, bytes and rate on stderr while a pipe runs'
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l show-secrets -d 'Show passwords, tokens and cookies instead of <redacted>'
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l no-history -d 'Keep no history of typed lines'
complete -c wscope -n "__fish_wscope_using_subcommand demo" -l no-config -d 'Read no config file'
complete -c wscope -n "__fish_wscope_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l reply -d 'Answer each message of a client with the next of these texts, going round; repeat it for more' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l push -d 'Send each client the lines of this file, one every --every, and then nothing more' -r -F
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l max-children -d 'Run no more commands than this at a time; one more client is closed with 1013' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l pass-env -d 'Hand this variable of wscope\'s environment on to the command; repeat it, or give a comma list' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l grace -d 'How long a command may take to end when its client has left, and again after TERM' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l every -d 'With --push: how long to wait between two lines; 0 sends all at once [default: 1s]' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -s o -l output -d 'Write the messages of all clients to stdout in this form [default: none; on a terminal human]' -r -f -a "lines\t'One message a line'
nul\t'Messages end with a NUL'
raw\t'Payload bytes and nothing else; as input, each block read is one binary message'
whole\t'All of stdin is one message (input only)'
hex\t'One binary message a line, in hexadecimal'
base64\t'One binary message a line, in Base64'
jsonl\t'One event record a line, in JSON'
human\t'What a terminal shows (output only)'"
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l fragment -d 'Send messages in fragments of at most this many bytes' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l max-message -d 'The largest message received; a larger one fails its connection (1009)' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l max-fragments -d 'The most fragments of a message received, empty ones too; more fail its connection (1009)' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -s s -l subprotocol -d 'Speak this subprotocol; of those that a client offers, the first named here is chosen (repeat, or a comma list)' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -s H -l header -d 'Add this header field to every answer, refusals included; @FILE reads lines (repeat)' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l path -d 'Let in at this path only, others get 404; /a/* is all below /a/ (repeat)' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -s u -l user -d 'Let in only who gives this name and password, others get 401' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l bearer -d 'Let in only who gives this token, others get 401; @FILE reads its first line' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l origin -d 'Let in pages of this origin only, others get 403 (repeat, or a comma list; * is any)' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l host -d 'Let in who calls this server by this name (its Host), others get 421 (repeat, or a comma list; * is any)' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l connections -d 'The most connections at a time; one more is refused with 503' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l slow -d 'What to do when more than --queue waits for a client: drop, wait or disconnect' -r -f -a "drop\t'It misses messages until its queue has room'
wait\t'Those whose messages fill its queue are not read until it has room'
disconnect\t'Its connection is closed with 1008'"
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l queue -d 'How much may wait for one client; a larger message is taken by an empty queue' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l handshake-timeout -d 'How long a client may take from its connecting to the end of its request, TLS included' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l max-head -d 'The largest head of a request; no line may be longer than 8K' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l ping-interval -d 'Send each client a ping this often [default: never]' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l ping-timeout -d 'End a connection when a pong takes longer than this; counts with --ping-interval' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l close-timeout -d 'Wait this long for the answer to our close frame' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l cert -d 'Show this certificate (PEM, leaf first); needs --key' -r -F
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l key -d 'The private key of --cert (PEM: PKCS#8, PKCS#1 or SEC1)' -r -F
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l pkcs12 -d 'Show the certificate in this PKCS#12 file; its password is asked for' -r -F
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l pass-file -d 'Read the password of --pkcs12 from the first line of this file' -r -F
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l ca-out -d 'With --self-signed: write the certificate that clients have to trust to this file (their --cacert)' -r -F
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l client-ca -d 'Let in only clients with a certificate that one of this file\'s (PEM or DER) has issued' -r -F
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l tls-min -d 'The oldest TLS version to accept: 1.2 or 1.3' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l tls-max -d 'The newest TLS version to accept: 1.2 or 1.3' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l fault -d 'Misbehave, to test clients (repeat): wscope help faults' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l fault-after -d 'Misbehave only after so many messages of a connection' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l fault-rate -d 'Misbehave on this share of the connections, or of the messages: 0.1 or 10%' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l seed -d 'Draw others for --fault-rate; the same number draws the same ones' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l time -d 'Show when each event happened: relative, clock or delta [default: relative]' -r -f -a "relative\t'Seconds since the start'
clock\t'The time of day'
delta\t'Seconds since the event before'"
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l hex-limit -d 'Show at most this many bytes of a binary payload on a terminal; 0 is all' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l text-limit -d 'Show at most this many bytes of a text payload on a terminal; 0 is all' -r
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l pretty -d 'Lay out JSON payloads: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l color -d 'Use colours: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set, or TERM is dumb or not set'
always\t'Always'
never\t'Never'"
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l record -d 'Write the session as event records to this file' -r -F
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l echo -d 'Send every message back to its sender; this is the default'
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l broadcast -d 'Send every message to all other clients'
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l console -d 'Send what is typed to all clients, or read from standard input where that is no terminal'
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l sink -d 'Answer nothing; tell how much came when a client leaves, and in the end'
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l include-sender -d 'With --broadcast: send a message to its sender, too'
complete -c wscope -n "__fish_wscope_using_subcommand serve" -s t -l text -d 'Send --reply, --push and lines of --console as text messages; this is the default'
complete -c wscope -n "__fish_wscope_using_subcommand serve" -s b -l binary -d 'Send --reply, --push and lines of --console as binary messages; with a command, send the blocks it writes, and add no newlines'
complete -c wscope -n "__fish_wscope_using_subcommand serve" -s z -l compress -d 'Agree to permessage-deflate where a client offers it (RFC 7692)'
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l lenient -d 'Report what clients do against the protocol and go on where what follows still makes sense'
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l web -d 'Serve a page to try this server from a browser, at / and at every --path'
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l no-pong -d 'Do not answer pings'
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l self-signed -d 'Make a certificate for localhost, 127.0.0.1 and ::1, for this run'
complete -c wscope -n "__fish_wscope_using_subcommand serve" -s v -l verbose -d 'Show the heads of request and response, TLS facts, timings, compression and final statistics; -vv: frames too'
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l frames -d 'Show each frame, sent and received, as it was on the wire'
complete -c wscope -n "__fish_wscope_using_subcommand serve" -s q -l quiet -d 'Say nothing on stderr but errors'
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l raw-terminal -d 'Do not neutralise control characters of the peer on a terminal'
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l progress -d 'Show messages, bytes and rate on stderr while a pipe runs'
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l show-secrets -d 'Show passwords, tokens and cookies instead of <redacted>'
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l no-history -d 'Keep no history of typed lines'
complete -c wscope -n "__fish_wscope_using_subcommand serve" -l no-config -d 'Read no config file'
complete -c wscope -n "__fish_wscope_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c wscope -n "__fish_wscope_using_subcommand completions" -s h -l help -d 'Print help'
complete -c wscope -n "__fish_wscope_using_subcommand man" -s h -l help -d 'Print help'
complete -c wscope -n "__fish_wscope_using_subcommand help" -s h -l help -d 'Print help'
