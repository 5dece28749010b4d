<?php
/** Sends a signed request to SalesOS. Needs nothing but PHP 8: `php sign.php GET /v1/whoami`. */

/** The value of Authorization. $path is as it is sent, with its query; $body is exactly the bytes that are sent. */
function authorization(string $key, string $secret, string $method, string $path, string $body = '', ?int $timestamp = null): string
{
    $timestamp ??= time();
    $mac = $secret;
    foreach ([$key, (string) $timestamp, $method, $path, hash('sha256', $body)] as $part) {
        $mac = hash_hmac('sha256', $part, $mac, true);
    }
    return "P2S-SIGN-V1 $key:$timestamp:" . bin2hex($mac);
}

if (isset($argv[2])) {
    [, $method, $path] = $argv;
    $body = $argv[3] ?? '';
    $signed = authorization(getenv('SALESOS_API_KEY'), getenv('SALESOS_API_KEY_SECRET'), $method, $path, $body);
    $headers = ["Authorization: $signed"];
    if ($body !== '') {
        $headers[] = 'Content-Type: application/json';
    }
    $context = stream_context_create(['http' => [
        'method' => $method,
        'header' => $headers,
        'content' => $body,
        'ignore_errors' => true,
    ]]);
    $answer = file_get_contents(getenv('SALESOS_URL') . $path, false, $context);
    echo $http_response_header[0], ' ', $answer, "\n";
}
