output "bucket" {
  description = "Where files are put."
  value       = local.bucket_name
}

output "queue_url" {
  description = "The events that wait."
  value       = aws_sqs_queue.events.id
}

output "dead_letters_url" {
  description = "The events of what could not be loaded."
  value       = aws_sqs_queue.dead_letters.id
}

output "function_name" {
  description = "What loads."
  value       = aws_lambda_function.loader.function_name
}

output "role_arn" {
  description = "What the function may do."
  value       = aws_iam_role.function.arn
}

output "topic_arn" {
  description = "Where alarms and notifications go; subscribe to it."
  value       = aws_sns_topic.notices.arn
}
